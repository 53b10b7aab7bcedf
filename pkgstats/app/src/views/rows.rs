//! Packages as rows of a list.

use std::collections::HashMap;

use pkgstats_catalog::{Flag, Hit, ListEntry};
use pkgstats_core::figure::Figure;

use super::numbers::{Change, grouped};

/// A package in a list.
pub(crate) struct Row {
    pub(crate) name: String,
    /// The name in parts, and whether each is what was searched for.
    pub(crate) parts: Vec<(String, bool)>,
    pub(crate) version: Option<String>,
    pub(crate) description: Option<String>,
    /// Why it is in the list.
    pub(crate) reason: Option<&'static str>,
    pub(crate) notes: Vec<&'static str>,
    pub(crate) downloads: Option<String>,
    pub(crate) change: Option<Change>,
}

impl Row {
    /// Returns the row of a result for these words.
    pub(crate) fn of_hit(hit: Hit, words: &[String]) -> Self {
        let note = |flag: &Flag| match flag {
            Flag::Holding => Some("security holding"),
            Flag::Deprecated => Some("deprecated"),
            Flag::Types => Some("types only"),
            _ => None,
        };
        Self {
            parts: emphasized(&hit.name, words),
            version: hit.version,
            description: hit.description,
            reason: Some(hit.reason.label()),
            notes: hit.flags.iter().filter_map(note).collect(),
            downloads: downloads(hit.figure.as_ref()),
            change: hit.change_of_share.map(Change::of),
            name: hit.name,
        }
    }

    /// Returns the rows of names that were kept, also of those that the catalogue does not have.
    pub(crate) fn of_names(names: Vec<String>, hits: Vec<Hit>) -> Vec<Self> {
        let mut hits: HashMap<_, _> = hits.into_iter().map(|hit| (hit.name.clone(), hit)).collect();
        let row = |name: String| match hits.remove(&name) {
            Some(hit) => Self { reason: None, ..Self::of_hit(hit, &[]) },
            None => Self::of_unknown(name),
        };
        names.into_iter().map(row).collect()
    }

    fn of_unknown(name: String) -> Self {
        Self {
            parts: vec![(name.clone(), false)],
            version: None,
            description: None,
            reason: None,
            notes: Vec::new(),
            downloads: None,
            change: None,
            name,
        }
    }

    pub(crate) fn of_entry(entry: ListEntry) -> Self {
        Self {
            downloads: downloads(entry.figure.as_ref()),
            change: entry.change_of_share.map(Change::of),
            ..Self::of_unknown(entry.name)
        }
    }
}

pub(crate) fn downloads(figure: Option<&Figure>) -> Option<String> {
    figure.map(|figure| grouped(figure.downloads))
}

/// Splits a name into what matches one of the words, and the rest. Words are in lower case.
fn emphasized(name: &str, words: &[String]) -> Vec<(String, bool)> {
    let lower = name.to_ascii_lowercase();
    let mut is_marked = vec![false; name.len()];
    for word in words.iter().filter(|word| !word.is_empty()) {
        for (at, found) in lower.match_indices(word.as_str()) {
            is_marked[at..at + found.len()].fill(true);
        }
    }
    let mut parts: Vec<(String, bool)> = Vec::new();
    for (at, letter) in name.char_indices() {
        match parts.last_mut() {
            Some((part, marked)) if *marked == is_marked[at] => part.push(letter),
            _ => parts.push((letter.to_string(), is_marked[at])),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_searched_for_is_emphasized() {
        let parts = emphasized("koa-generic-session", &["session".to_owned(), "koa".to_owned()]);
        let expected = [("koa", true), ("-generic-", false), ("session", true)];
        assert_eq!(parts, expected.map(|(part, is_marked)| (part.to_owned(), is_marked)));
        assert_eq!(emphasized("JSONStream", &["json".to_owned()])[0], ("JSON".to_owned(), true));
        assert_eq!(emphasized("express", &[]), [("express".to_owned(), false)]);
    }
}
