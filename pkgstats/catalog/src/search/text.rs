//! The search for free text.

use pkgstats_core::query::Terms;
use pkgstats_core::rank::{Reason, name_match};

use crate::connection::Connection;
use crate::error::Error;
use crate::found::Found;
use crate::limits::{CANDIDATES, PAGE, limit};
use crate::lookup::{by_details, by_key, by_last_word, by_name, by_some_words, by_words, count_names};
use crate::search::correction::correct;
use crate::search::outcome::Outcome;

/// Only the most popular of many names with the same letters can be meant.
const SAME_LETTERS: i64 = 20;

/// Returns the packages for a text: by name and by words; if there are few, by the beginning of the last word and by
/// details; if there are none, with a word corrected, or with some of the words.
pub(crate) async fn search_text(connection: &Connection<'_>, terms: Terms) -> Result<Outcome, Error> {
    let mut outcome = find(connection, terms.clone()).await?;
    if !outcome.found.is_empty() {
        return Ok(outcome);
    }
    if let Some((terms, corrected)) = correct(connection, &terms).await? {
        outcome = find(connection, terms).await?;
        outcome.corrected = Some(corrected);
        return Ok(outcome);
    }
    let some = by_some_words(connection, &terms.words, limit(PAGE)).await?;
    outcome.found.add(some, |_| Some(Reason::SomeWords));
    Ok(outcome)
}

async fn find(connection: &Connection<'_>, terms: Terms) -> Result<Outcome, Error> {
    let mut found = Found::default();
    let names: Vec<String> = terms.name().map(str::to_owned).into_iter().collect();
    let (by_name, by_key, by_words) = tokio::try_join!(
        by_name(connection, &names),
        by_key(connection, &terms.key, SAME_LETTERS),
        by_words(connection, &terms.words, limit(CANDIDATES))
    )?;
    let has_more = by_words.len() >= CANDIDATES;
    for packages in [by_name, by_key, by_words] {
        found.add(packages, |package| name_match(&terms, &package.name));
    }
    if found.len() < PAGE {
        let (by_last_word, by_details) = tokio::try_join!(
            by_last_word(connection, &terms.words, limit(CANDIDATES)),
            by_details(connection, &terms.words, limit(CANDIDATES))
        )?;
        found.add(by_last_word, |package| name_match(&terms, &package.name));
        found.add(by_details, |_| Some(Reason::WordsInDetails));
    }
    let mut outcome = Outcome::of(terms, found);
    if has_more {
        outcome.estimate = Some(estimate(connection, &outcome.terms.words).await?);
    }
    Ok(outcome)
}

/// Returns about how many names have all words. Several words together are not counted: that would read all matches.
async fn estimate(connection: &Connection<'_>, words: &[String]) -> Result<u64, Error> {
    match words {
        [_] => Ok(count_names(connection, words).await?.first().map_or(0, |(_, names)| *names)),
        _ => Ok(0),
    }
}
