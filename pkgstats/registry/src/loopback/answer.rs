//! Answers to requests, by the path alone.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State as Shared;
use axum::http::header::{ACCEPT, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use time::Date;
use time::macros::format_description;

use super::counts::{count, is_gap};
use super::packages::Package;
use super::packument::packument;
use super::state::State;

pub(super) async fn answer(
    Shared((address, state)): Shared<(SocketAddr, Arc<Mutex<State>>)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let delay = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests.push(uri.to_string());
        state.delay
    };
    tokio::time::sleep(delay).await;
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(status) = state.status.and_then(|status| StatusCode::from_u16(status).ok()) {
        return error(status, "as it was told");
    }
    if let Some(address) = &state.redirect {
        return (StatusCode::FOUND, [(LOCATION, address.clone())]).into_response();
    }
    let path = percent_decode_str(uri.path()).decode_utf8_lossy().into_owned();
    let path = path.trim_start_matches('/');
    if path.is_empty() {
        return json(&json!({"db_name": "registry", "update_seq": last_change(&state)}));
    }
    if path == "_changes" {
        return changes(&state, &uri);
    }
    if let Some(rest) = path.strip_prefix("downloads/range/") {
        return downloads(&mut state, rest);
    }
    match path.split_once("/-/") {
        Some((name, file)) => tarball(&state, name, file),
        None => one_packument(&state, &format!("http://{address}/"), path, &headers),
    }
}

fn one_packument(state: &State, base: &str, name: &str, headers: &HeaderMap) -> Response {
    let Some(stored) = state.packages.get(name) else { return error(StatusCode::NOT_FOUND, "Not found") };
    let accepts = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let is_abbreviated = accepts.contains("application/vnd.npm.install-v1+json");
    let etag = format!("\"{}-{is_abbreviated}\"", stored.revision);
    if !state.is_sparse && headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let mut response = json(&packument(base, stored, is_abbreviated, state.is_sparse));
    if let Some(etag) = etag.parse().ok().filter(|_| !state.is_sparse) {
        response.headers_mut().insert(ETAG, etag);
    }
    response
}

fn tarball(state: &State, name: &str, file: &str) -> Response {
    let version = |version: &&Package| {
        let unscoped = name.rsplit('/').next().unwrap_or(name);
        file == format!("{unscoped}-{}.tgz", version.version)
    };
    match state.packages.get(name).and_then(|stored| stored.versions.iter().rev().find(version)) {
        Some(package) => ([(CONTENT_TYPE, "application/octet-stream")], package.tarball.clone()).into_response(),
        None => error(StatusCode::NOT_FOUND, "Not found"),
    }
}

/// `FROM:TO/NAME` or `FROM:TO/NAME,NAME`, within the bounds of npm
fn downloads(state: &mut State, rest: &str) -> Response {
    if state.rate_limited > 0 {
        state.rate_limited -= 1;
        return error(StatusCode::TOO_MANY_REQUESTS, "too many requests");
    }
    let Some((from, to, names)) = split(rest) else { return error(StatusCode::BAD_REQUEST, "unknown period") };
    if names.iter().any(|name| state.refused.contains(*name)) {
        return error(StatusCode::FORBIDDEN, "forbidden");
    }
    let days = (to - from).whole_days() + 1;
    let counts = |name: &str| -> Option<Value> {
        let all = std::iter::successors(Some(from), |day| day.next_day()).take_while(|day| *day <= to);
        let known = all.filter(|day| !is_gap(*day));
        let counts: Vec<_> = known.map(|day| json!({"downloads": count(name, day), "day": day.to_string()})).collect();
        let known = state.packages.contains_key(name);
        known.then(|| json!({"start": from.to_string(), "end": to.to_string(), "package": name, "downloads": counts}))
    };
    match names.as_slice() {
        [_] if days > 550 => error(StatusCode::BAD_REQUEST, "more than 18 months"),
        [name] => match counts(name) {
            Some(counts) => json(&counts),
            None => error(StatusCode::NOT_FOUND, &format!("package {name} not found")),
        },
        names if names.len() > 128 => error(StatusCode::BAD_REQUEST, "more than 128 packages"),
        names if names.iter().any(|name| name.starts_with('@')) => {
            error(StatusCode::BAD_REQUEST, "bulk lookups for scoped packages are not yet supported")
        }
        _ if days > 365 => error(StatusCode::BAD_REQUEST, "more than 365 days"),
        names => json(&names.iter().map(|name| ((*name).to_owned(), counts(name).unwrap_or_default())).collect()),
    }
}

fn split(rest: &str) -> Option<(Date, Date, Vec<&str>)> {
    let (period, names) = rest.split_once('/')?;
    let (from, to) = period.split_once(':')?;
    let format = format_description!("[year]-[month]-[day]");
    Some((Date::parse(from, &format).ok()?, Date::parse(to, &format).ok()?, names.split(',').collect()))
}

fn last_change(state: &State) -> u64 {
    state.changes.last().map_or(0, |(sequence, _)| *sequence)
}

fn changes(state: &State, uri: &Uri) -> Response {
    let parameter = |name: &str| -> Option<u64> {
        let pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(key, _)| *key == name)?.1.parse().ok()
    };
    let since = parameter("since").unwrap_or(0);
    let limit = usize::try_from(parameter("limit").unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    let newer: Vec<_> = state.changes.iter().filter(|(sequence, _)| *sequence > since).take(limit).collect();
    let newest = last_change(state);
    let last = newer.last().map_or(newest.min(since), |(sequence, _)| *sequence);
    let results: Vec<_> = newer
        .iter()
        .map(|(sequence, name)| json!({"seq": sequence, "id": name, "changes": [{"rev": "1-0"}]}))
        .collect();
    json(&json!({"results": results, "last_seq": last}))
}

fn json(value: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

fn error(status: StatusCode, why: &str) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], json!({"error": why}).to_string()).into_response()
}
