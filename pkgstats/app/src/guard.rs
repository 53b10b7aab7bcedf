//! Protects all pages: what changes something comes from this site, and browsers load nothing from others.

use axum::extract::Request;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::Error;

const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// The policy of a page whose visitor has asked for the images of a readme.
pub(crate) const WITH_IMAGES: &str = "default-src 'self'; img-src 'self' https:; base-uri 'none'; form-action 'self'; \
                                      frame-ancestors 'none'; object-src 'none'";

/// Says whether a request comes from the same origin.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses changes that other sites ask for, and adds the headers that protect the visitor.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let is_change = ![Method::GET, Method::HEAD].contains(request.method());
    let mut response = if is_change && is_foreign(request.headers()) {
        Error::ForeignOrigin.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin"));
    response
}

/// Browsers send one of these headers with each change. Other clients, which have no cookies of a visitor, need not.
fn is_foreign(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return site != "same-origin";
    }
    let Some(origin) = headers.get(ORIGIN) else { return false };
    let authority = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok()?.authority().cloned());
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    authority.is_none_or(|authority| Some(authority.as_str()) != host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_from_other_sites_are_foreign() {
        let host = (HOST, "stats.example");
        for (headers, is_foreign_to_it) in [
            (vec![host.clone()], false),
            (vec![host.clone(), (ORIGIN, "https://stats.example")], false),
            (vec![host.clone(), (ORIGIN, "https://stats.example.evil.example")], true),
            (vec![host.clone(), (ORIGIN, "null")], true),
            (vec![host.clone(), (SEC_FETCH_SITE, "same-origin")], false),
            (vec![host.clone(), (SEC_FETCH_SITE, "same-site")], true),
            (vec![host, (SEC_FETCH_SITE, "cross-site"), (ORIGIN, "https://stats.example")], true),
        ] {
            let map = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
            assert_eq!(is_foreign(&map), is_foreign_to_it, "{headers:?}");
        }
    }
}
