//! What an account watches, and what is new of it.

use std::time::{SystemTime, UNIX_EPOCH};

use askama::Template;
use pkgstats_catalog::users::News;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::frame::Frame;
use super::rows::Row;
use super::time::date;
use crate::address::{encoded, package_path};

/// What the account watches.
#[derive(Template)]
#[template(path = "watched.html")]
pub(crate) struct Watched {
    pub(crate) frame: Frame,
    pub(crate) rows: Vec<Row>,
    /// The new versions since the last visit.
    pub(crate) news: Vec<Entry>,
    /// The secret in the address of the feed.
    pub(crate) feed: Option<String>,
}

/// The new versions for feed readers.
#[derive(Template)]
#[template(path = "feed.xml")]
pub(crate) struct Feed {
    updated: String,
    entries: Vec<Entry>,
}

/// A new version.
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) address: String,
    pub(crate) published: Option<String>,
    appeared: String,
}

impl Entry {
    pub(crate) fn new(news: News) -> Self {
        let published = news.published.and_then(|published| date(seconds(published)));
        let address = format!("{}/v/{}", package_path(&news.name), encoded(&news.version));
        Self { name: news.name, version: news.version, address, published, appeared: text(news.appeared) }
    }
}

impl Watched {
    /// Returns how many new versions there are, in words.
    fn count(&self) -> String {
        let count = self.news.len();
        format!("{count} new version{} since your last visit", if count == 1 { "" } else { "s" })
    }
}

impl Feed {
    pub(crate) fn new(news: Vec<News>) -> Self {
        let entries: Vec<_> = news.into_iter().map(Entry::new).collect();
        // Without news, nothing has changed since ever.
        let updated = entries.first().map_or_else(|| text(UNIX_EPOCH), |entry| entry.appeared.clone());
        Self { updated, entries }
    }
}

fn seconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// Returns a time in the format of feeds.
fn text(time: SystemTime) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds(time)).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).unwrap_or_default()
}
