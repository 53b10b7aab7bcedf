//! Replaces one word of a query for which there is nothing.

use std::collections::HashMap;

use pkgstats_core::query::Terms;
use pkgstats_core::synonym::synonyms;
use serde::Serialize;

use crate::connection::Connection;
use crate::error::Error;
use crate::lookup::{by_words, count_names, words_near};

/// Shorter words have too many others at distance 1.
const MIN_LETTERS: usize = 4;

/// How many replacements are tried.
const ATTEMPTS: usize = 8;

/// A word that was replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Corrected {
    /// The word that the user typed.
    pub from: String,
    /// The word that was searched for.
    pub to: String,
}

/// Returns the terms with one word replaced by a synonym or by a word that differs by one letter, such that names with
/// all words exist. Returns `None` if there are none.
pub(crate) async fn correct(connection: &Connection<'_>, terms: &Terms) -> Result<Option<(Terms, Corrected)>, Error> {
    for (from, to) in replacements(connection, terms).await?.into_iter().take(ATTEMPTS) {
        let corrected = terms.with_word(&from, &to);
        if !by_words(connection, &corrected.words, 1).await?.is_empty() {
            return Ok(Some((corrected, Corrected { from, to })));
        }
    }
    Ok(None)
}

/// Returns words and what can replace them: synonyms first, then the near words of the rarest word, which is the least
/// likely to be right.
async fn replacements(connection: &Connection<'_>, terms: &Terms) -> Result<Vec<(String, String)>, Error> {
    let of_synonyms = |word: &String| synonyms(word).map(|synonym| (word.clone(), synonym.to_owned())).collect();
    let mut replacements: Vec<(String, String)> = terms.words.iter().flat_map::<Vec<_>, _>(of_synonyms).collect();

    let names: HashMap<String, u64> = count_names(connection, &terms.words).await?.into_iter().collect();
    let mut rarest_first: Vec<&String> =
        terms.words.iter().filter(|word| word.chars().count() >= MIN_LETTERS).collect();
    rarest_first.sort_by_key(|word| names.get(*word).copied().unwrap_or(0));
    for word in rarest_first {
        let near = words_near(connection, word).await?;
        let more_frequent = near.into_iter().filter(|(_, count)| *count > names.get(word).copied().unwrap_or(0));
        replacements.extend(more_frequent.take(3).map(|(near, _)| (word.clone(), near)));
    }
    Ok(replacements)
}
