//! The feed of changes: which packages were published or removed since a sequence number.

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, Result};

/// The most changes that npm hands out at a time.
pub(crate) const MAX_LIMIT: usize = 10_000;

/// A part of the feed of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// The changes, the oldest first.
    pub changes: Vec<Change>,
    /// The sequence number to go on from.
    pub last_sequence: u64,
    /// Whether the feed's sequence is behind the one asked for: the registry started anew, and so must the follower.
    pub went_back: bool,
}

/// A change of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The package's name.
    pub name: String,
    /// The sequence number.
    pub sequence: u64,
    /// Whether the package was removed.
    pub is_deleted: bool,
}

#[derive(Deserialize)]
struct Feed {
    results: Vec<Line>,
    last_seq: Value,
}

#[derive(Deserialize)]
struct Line {
    id: String,
    seq: Value,
    #[serde(default)]
    deleted: bool,
}

#[derive(Deserialize)]
struct State {
    update_seq: Value,
}

/// Reads the sequence number of the last change from the description of the database.
pub(crate) fn parse_state(json: &[u8]) -> Result<u64> {
    const WHAT: &str = "the state of the feed of changes";
    let state: State = serde_json::from_slice(json).map_err(|error| Error::broken(WHAT, &error).with_source(error))?;
    number(&state.update_seq)
        .ok_or_else(|| Error::broken(WHAT, format_args!("{} is no sequence number", state.update_seq)))
}

/// Reads the changes that came after `since`.
pub(crate) fn parse(json: &[u8], since: u64) -> Result<Changes> {
    const WHAT: &str = "the feed of changes";
    let feed: Feed = serde_json::from_slice(json).map_err(|error| Error::broken(WHAT, &error).with_source(error))?;
    let sequence =
        |value: &Value| number(value).ok_or_else(|| Error::broken(WHAT, format_args!("{value} is no sequence number")));
    let last_sequence = sequence(&feed.last_seq)?;
    let mut changes = Vec::with_capacity(feed.results.len());
    for line in &feed.results {
        let sequence = sequence(&line.seq)?;
        // CouchDB's own documents are no packages.
        if !line.id.starts_with("_design/") {
            changes.push(Change { name: line.id.clone(), sequence, is_deleted: line.deleted });
        }
    }
    let went_back = last_sequence < since || changes.iter().any(|change| change.sequence <= since);
    Ok(Changes { changes, last_sequence, went_back })
}

/// A number, a number as text, or CouchDB's `"123-abc"`
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.split('-').next()?.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, parse};
    use crate::error::ErrorKind;

    #[test]
    fn changes_are_read_with_numbers_in_every_notation() {
        let json = br#"{"results": [{"seq": 8, "id": "koa", "changes": [{"rev": "1-a"}]},
            {"seq": "9-xyz", "id": "@a/b", "deleted": true}, {"seq": "10", "id": "_design/app"}], "last_seq": "10-x"}"#;
        let changes = parse(json, 7).unwrap();
        let change = |name: &str, sequence, is_deleted| Change { name: name.to_owned(), sequence, is_deleted };
        assert_eq!(changes.changes, [change("koa", 8, false), change("@a/b", 9, true)]);
        assert_eq!((changes.last_sequence, changes.went_back), (10, false));
    }

    #[test]
    fn a_sequence_that_went_back_is_noticed() {
        assert!(!parse(br#"{"results": [], "last_seq": 7}"#, 7).unwrap().went_back);
        assert!(parse(br#"{"results": [], "last_seq": 6}"#, 7).unwrap().went_back);
        assert!(parse(br#"{"results": [{"seq": 3, "id": "a"}], "last_seq": 9}"#, 7).unwrap().went_back);
        for json in ["", "{}", r#"{"results": [], "last_seq": null}"#, r#"{"results": [{"id": "a"}], "last_seq": 1}"#] {
            assert_eq!(parse(json.as_bytes(), 0).unwrap_err().kind(), ErrorKind::Broken, "{json}");
        }
    }
}
