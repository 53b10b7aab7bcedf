//! Calls to the downloads API, at its pace, around what it refuses.

use std::time::Duration;

use pkgstats_core::series::Series;
use time::Date;
use time::macros::format_description;
use url::Url;

use super::answer::{self, Downloads};
use super::pace::Pace;
use super::plan::{Call, EARLIEST, plan};
use super::refused::Refused;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Http, Request};
use crate::name;

const WHAT: &str = "download counts";

/// The longest answer: 128 names of 365 days have some 2 MB.
const MAX_ANSWER: usize = 16 << 20;

/// How often a call is sent before 429 is passed on. Pauses double from twice the usual one: 4, 8, 16, 32 s.
const ATTEMPTS: u32 = 5;

/// A longer `Retry-After` is not waited for here, but passed on.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

pub(crate) struct Api {
    http: Http,
    address: Url,
    pace: Pace,
    refused: Refused,
}

impl Api {
    pub(crate) fn new(http: Http, address: Url, pace: Pace) -> Self {
        Self { http, address, pace, refused: Refused::default() }
    }

    /// Reads a call. If several names are refused together, they are asked for in halves until it is known which.
    pub(crate) async fn read(&self, call: &Call) -> Result<Downloads> {
        let mut read = Downloads::default();
        let (refused, names): (Vec<_>, Vec<_>) =
            call.names.iter().cloned().partition(|name| self.refused.contains(name));
        read.refused = refused;
        let mut open = vec![names];
        while let Some(names) = open.pop() {
            if names.is_empty() {
                continue;
            }
            let part = Call { names, from: call.from, to: call.to };
            match self.send(&part).await {
                Ok(found) => {
                    read.series.extend(found.series);
                    read.not_found.extend(found.not_found);
                }
                Err(error) => match (error.kind(), part.names.as_slice()) {
                    (ErrorKind::Refused, [name]) => {
                        self.refused.add(name);
                        tracing::warn!(package = name, %error, "download counts are refused, and left out for a day");
                        read.refused.push(name.clone());
                    }
                    (ErrorKind::NotFound, [name]) => read.not_found.push(name.clone()),
                    (ErrorKind::Refused | ErrorKind::NotFound | ErrorKind::TooLarge, [_, _, ..]) => {
                        let (left, right) = part.names.split_at(part.names.len() / 2);
                        open.extend([right.to_vec(), left.to_vec()]);
                    }
                    _ => return Err(error),
                },
            }
        }
        Ok(read)
    }

    /// Reads all calls of one name.
    pub(crate) async fn read_one(&self, name: &str, from: Date, to: Date) -> Result<Series> {
        let mut counts = Vec::new();
        for call in plan(&[name.to_owned()], from, to) {
            let read = self.read(&call).await?;
            if read.refused.iter().any(|refused| refused == name) {
                let message = format!("{WHAT} of {name} are refused by the API: they are left out for a day");
                return Err(Error::new(ErrorKind::Refused, message));
            }
            let Some((_, series)) = read.series.into_iter().next() else {
                let message = format!("{WHAT} of {name} were not found: check the name");
                return Err(Error::new(ErrorKind::NotFound, message));
            };
            counts.extend(series.iter().filter_map(|(day, count)| Some((day, count?))));
        }
        Ok(Series::from_counts(from.max(EARLIEST), to, counts))
    }

    /// Sends a call, and again after a pause if the API has had too many.
    async fn send(&self, call: &Call) -> Result<Downloads> {
        let url = self.url(call)?;
        let mut attempt = 1;
        loop {
            self.pace.turn().await;
            let request = Request { what: WHAT, url: url.clone(), accept: "application/json", etag: None };
            match self.http.get(&request).await {
                Ok(Some(response)) => {
                    let json = Http::bytes(WHAT, response, MAX_ANSWER).await?;
                    return answer::parse(call, &json);
                }
                Ok(None) => return Err(Error::broken(WHAT, "an answer without content")),
                Err(error) if error.kind() == ErrorKind::RateLimited && attempt < ATTEMPTS => {
                    // The API often sends no Retry-After.
                    let pause = error.retry_after().unwrap_or(self.pace.pause() * 2_u32.pow(attempt));
                    if pause > LONGEST_PAUSE {
                        return Err(error);
                    }
                    tracing::info!(?pause, attempt, "the downloads API has had too many requests");
                    self.pace.put_off(pause);
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn url(&self, call: &Call) -> Result<Url> {
        for name in &call.names {
            name::check(name)?;
        }
        let format = format_description!("[year]-[month]-[day]");
        let day = |day: Date| day.format(&format).unwrap_or_default();
        let names: Vec<String> = call.names.iter().map(|name| name::encode(name)).collect();
        let path = format!("downloads/range/{}:{}/{}", day(call.from), day(call.to), names.join(","));
        let invalid =
            |error| Error::new(ErrorKind::Invalid, "the names make no address: check them").with_source(error);
        self.address.join(&path).map_err(invalid)
    }
}
