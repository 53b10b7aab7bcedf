//! Suggestions while the user types.

use std::collections::BTreeSet;

use pkgstats_core::figure::Figure;
use pkgstats_core::query::{Form, Query, Sort, Terms};
use pkgstats_core::rank::{Reason, suggestion_match};
use serde::Serialize;

use crate::connection::Connection;
use crate::error::Error;
use crate::found::{Found, Hit};
use crate::generation::Generation;
use crate::limits::limit;
use crate::lookup::{by_key, by_last_word, by_name, by_prefix, by_some_words, by_words, near};
use crate::search::correct;

/// How many suggestions there are.
const SUGGESTIONS: usize = 10;

/// Suggestions for what was typed so far.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suggestions {
    /// At most ten, the best first.
    pub results: Vec<Suggestion>,
}

/// A package that the user may mean.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suggestion {
    /// Its name.
    pub name: String,
    /// Why it is suggested.
    pub reason: Reason,
    /// Its downloads. `None` if there is no figure yet.
    pub figure: Option<Figure>,
}

/// Returns the packages that the user may mean.
pub(crate) async fn suggest(connection: &Connection<'_>, query: &Query) -> Result<Suggestions, Error> {
    let terms = match &query.form {
        Form::Text(terms) => terms.clone(),
        Form::Package(name) => Terms::of(name),
        Form::Owner(user) => Terms::of(&format!("@{user}")),
        Form::Empty => return Ok(Suggestions { results: Vec::new() }),
    };
    let generation = Generation::read(connection).await?;
    let mut found = Found::default();
    if let Some(name) = terms.name() {
        let names = [name.to_owned()];
        found.add(by_name(connection, &names).await?, |package| suggestion_match(&terms, &package.name));
        // Most names are in lower case, but not all: case is never ignored.
        for prefix in BTreeSet::from([name.to_owned(), name.to_lowercase()]) {
            let begins = by_prefix(connection, &prefix, limit(SUGGESTIONS)).await?;
            found.add(begins, |package| suggestion_match(&terms, &package.name));
        }
    }
    if found.len() < SUGGESTIONS {
        add_by_words(connection, &terms, &mut found).await?;
    }
    if found.len() < SUGGESTIONS
        && let Some(name) = terms.name()
    {
        let near = near(connection, name, limit(SUGGESTIONS * 20)).await?;
        found.add(near, |_| Some(Reason::OneLetterDiffers));
    }
    suggestions(connection, &generation, &terms, found).await
}

/// Returns packages whose names resemble a name that does not exist.
pub(crate) async fn near_names(connection: &Connection<'_>, name: &str) -> Result<Suggestions, Error> {
    let terms = Terms::of(name);
    let generation = Generation::read(connection).await?;
    let (by_key, near) = tokio::try_join!(
        by_key(connection, &terms.key, limit(SUGGESTIONS)),
        near(connection, name, limit(SUGGESTIONS * 20))
    )?;
    let mut found = Found::default();
    found.add(by_key, |_| Some(Reason::SameLetters));
    found.add(near, |_| Some(Reason::OneLetterDiffers));
    if found.len() < SUGGESTIONS {
        add_by_words(connection, &terms, &mut found).await?;
    }
    if found.is_empty()
        && let Some((corrected, _)) = correct(connection, &terms).await?
    {
        let packages = by_words(connection, &corrected.words, limit(SUGGESTIONS)).await?;
        found.add(packages, |_| Some(Reason::OneLetterDiffers));
    }
    if found.len() < SUGGESTIONS {
        let some = by_some_words(connection, &terms.words, limit(SUGGESTIONS)).await?;
        found.add(some, |_| Some(Reason::SomeWords));
    }
    suggestions(connection, &generation, &terms, found).await
}

async fn add_by_words(connection: &Connection<'_>, terms: &Terms, found: &mut Found) -> Result<(), Error> {
    let count = limit(SUGGESTIONS);
    let (by_words, by_last_word) =
        tokio::try_join!(by_words(connection, &terms.words, count), by_last_word(connection, &terms.words, count))?;
    found.add(by_words, |package| suggestion_match(terms, &package.name));
    found.add(by_last_word, |package| suggestion_match(terms, &package.name));
    Ok(())
}

async fn suggestions(
    connection: &Connection<'_>,
    generation: &Generation,
    terms: &Terms,
    found: Found,
) -> Result<Suggestions, Error> {
    let hits = found.hits(connection, generation, (terms, Sort::Relevance), (0, SUGGESTIONS)).await?;
    let suggestion = |hit: Hit| Suggestion { name: hit.name, reason: hit.reason, figure: hit.figure };
    Ok(Suggestions { results: hits.into_iter().map(suggestion).collect() })
}
