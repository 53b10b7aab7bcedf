//! What the search box understands: free text with qualifiers, `pkg:NAME` and `@USER`.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::name;
use crate::word::words_of_text;

/// Only the beginning of a longer query is interpreted.
const MAX_BYTES: usize = 256;

/// Further words are ignored.
const MAX_WORDS: usize = 12;

/// A parsed query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// What the user typed, unchanged.
    pub raw: String,
    /// What it asks for.
    pub form: Form,
    /// `scope:babel`: only packages of this scope.
    pub scope: Option<String>,
    /// `owner:sindresorhus`: only packages whose repository this GitHub account owns.
    pub owner: Option<String>,
    /// `sort:downloads`: the order of the results.
    pub sort: Sort,
}

/// What a query asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// Nothing: the query is empty, or has qualifiers only.
    Empty,
    /// Packages by name or by words.
    Text(Terms),
    /// `pkg:NAME`: one package.
    Package(String),
    /// `@USER`: the packages of a user.
    Owner(String),
}

/// The text that packages are matched with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The text without qualifiers, with single spaces.
    pub text: String,
    /// The letters of the text, as [`name::key`] has them.
    pub key: String,
    /// The words of the text, in their order.
    pub words: Vec<String>,
}

/// The order of search results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Sort {
    /// The best match first.
    #[default]
    Relevance,
    /// The most downloads first.
    Downloads,
    /// The largest change of share first.
    Growth,
    /// By name.
    Name,
}

/// A text is not the name of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSortError(String);

impl Query {
    /// Parses what the user typed. Every text is a query.
    #[must_use]
    pub fn parse(raw: &str) -> Self {
        let mut query =
            Self { raw: raw.to_owned(), form: Form::Empty, scope: None, owner: None, sort: Sort::default() };
        let mut text: Vec<String> = Vec::new();
        for word in head(raw).replace('\0', " ").split_whitespace() {
            match word.split_once(':') {
                Some(("scope", scope)) if !scope.is_empty() => {
                    query.scope = Some(scope.trim_start_matches('@').to_owned());
                }
                Some(("owner", owner)) if !owner.is_empty() => {
                    query.owner = Some(owner.trim_start_matches('@').to_owned());
                }
                Some(("sort", sort)) if sort.parse::<Sort>().is_ok() => query.sort = sort.parse().unwrap_or_default(),
                _ => text.push(word.to_owned()),
            }
        }
        query.form = Form::of(&text.join(" "));
        query
    }
}

impl Form {
    fn of(text: &str) -> Self {
        if let Some(name) = text.strip_prefix("pkg:") {
            return match name.trim() {
                "" => Self::Empty,
                name => Self::Package(name.to_owned()),
            };
        }
        match text.strip_prefix('@') {
            Some(user) if is_user(user) => Self::Owner(user.to_owned()),
            _ if text.is_empty() => Self::Empty,
            _ => Self::Text(Terms::of(text)),
        }
    }
}

impl Terms {
    /// Returns the terms of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut words = words_of_text(text);
        words.truncate(MAX_WORDS);
        Self { key: name::key(text), words, text: text.to_owned() }
    }

    /// Returns the text as the name that it could be, or `None` if no package can have it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        (!self.text.contains(' ') && self.text.len() <= name::MAX_LENGTH).then_some(&*self.text)
    }

    /// Replaces one word, and returns the new terms.
    #[must_use]
    pub fn with_word(&self, from: &str, to: &str) -> Self {
        let words = self.words.iter().map(|word| if word == from { to } else { word });
        Self::of(&words.collect::<Vec<_>>().join(" "))
    }
}

impl FromStr for Sort {
    type Err = UnknownSortError;

    fn from_str(text: &str) -> Result<Self, UnknownSortError> {
        Ok(match text {
            "relevance" => Self::Relevance,
            "downloads" => Self::Downloads,
            "growth" => Self::Growth,
            "name" => Self::Name,
            _ => return Err(UnknownSortError(text.chars().take(20).collect())),
        })
    }
}

impl fmt::Display for UnknownSortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown sort `{}`; use relevance, downloads, growth or name", self.0)
    }
}

impl std::error::Error for UnknownSortError {}

/// Returns whether this can be a GitHub account.
fn is_user(user: &str) -> bool {
    !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn head(raw: &str) -> &str {
    &raw[..raw.floor_char_boundary(MAX_BYTES)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn terms(raw: &str) -> Terms {
        match Query::parse(raw).form {
            Form::Text(terms) => terms,
            form => panic!("{raw}: {form:?}"),
        }
    }

    #[test]
    fn the_box_has_three_forms() {
        assert_eq!(terms(" koa   session ").words, ["koa", "session"]);
        assert_eq!(terms("koa-session").name(), Some("koa-session"));
        assert_eq!(terms("koa session").name(), None);
        assert_eq!(Query::parse("pkg:express").form, Form::Package("express".to_owned()));
        assert_eq!(Query::parse("pkg: @babel/core ").form, Form::Package("@babel/core".to_owned()));
        assert_eq!(Query::parse("@sindresorhus").form, Form::Owner("sindresorhus".to_owned()));
        assert_eq!(terms("@babel/core").words, ["babel", "core"]);
    }

    #[test]
    fn qualifiers_restrict_and_sort() {
        let query = Query::parse("parser scope:@babel owner:Foo sort:downloads sort:x");
        assert_eq!(query.scope.as_deref(), Some("babel"));
        assert_eq!(query.owner.as_deref(), Some("Foo"));
        assert_eq!(query.sort, Sort::Downloads);
        assert_eq!(query.form, Form::Text(Terms::of("parser sort:x")), "an unknown sort is text");
        assert_eq!("up".parse::<Sort>().unwrap_err().to_string(), unknown("up"));
    }

    fn unknown(sort: &str) -> String {
        format!("unknown sort `{sort}`; use relevance, downloads, growth or name")
    }

    #[test]
    fn blank_queries_are_empty() {
        for raw in ["", "  \t", "\0", "pkg:", "scope:babel"] {
            assert_eq!(Query::parse(raw).form, Form::Empty, "{raw:?}");
        }
        for raw in ["'", "%", "\\", "&|!:*()", "@", "😀"] {
            assert!(terms(raw).words.is_empty(), "{raw:?}");
        }
    }

    #[test]
    fn a_long_query_is_cut_but_said_back() {
        let raw = "é".repeat(10_000);
        let query = Query::parse(&raw);
        assert_eq!(query.raw, raw);
        assert_eq!(query.form, Form::Text(Terms::of(&"é".repeat(128))));
        assert_eq!(terms(&"a b c d e f g h i j k l m n o p".repeat(3)).words.len(), MAX_WORDS);
    }

    proptest! {
        #[test]
        fn every_text_is_a_query(raw in "\\PC{0,300}") {
            prop_assert_eq!(Query::parse(&raw).raw, raw);
        }
    }
}
