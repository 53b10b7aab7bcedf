use std::collections::BTreeSet;

use crate::name::key;
use crate::query::Terms;
use crate::rank::reason::Reason;
use crate::word::{segments, words};

/// Returns how a name matches the terms of a search, or `None` if it does not.
#[must_use]
pub fn name_match(terms: &Terms, name: &str) -> Option<Reason> {
    if name == terms.text {
        return Some(Reason::ExactName);
    }
    if !terms.key.is_empty() && key(name) == terms.key {
        return Some(Reason::SameLetters);
    }
    let (last, others) = terms.words.split_last()?;
    let words = words(name);
    if !others.iter().all(|word| words.contains(word)) {
        return None;
    }
    if words.contains(last) {
        let queried: BTreeSet<String> = terms.words.iter().cloned().collect();
        return Some(if segments(name) == queried { Reason::WordsAreName } else { Reason::WordsInName });
    }
    words.iter().any(|word| word.starts_with(last)).then_some(Reason::LastWordBegins)
}

/// Returns how a name matches what was typed so far, or `None` if it does not.
#[must_use]
pub fn suggestion_match(terms: &Terms, name: &str) -> Option<Reason> {
    match name_match(terms, name) {
        Some(reason) if reason.is_name() => Some(reason),
        _ if name.to_lowercase().starts_with(&terms.text.to_lowercase()) => Some(Reason::NameBegins),
        reason => reason,
    }
}
