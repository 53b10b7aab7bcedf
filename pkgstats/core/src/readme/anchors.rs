//! Headings with GitHub's slugs, and the ids that links within a readme lead to.

use std::collections::{HashMap, HashSet};

use comrak::Anchorizer;

use super::id_prefix::ID_PREFIX;
use super::tokens::{HtmlToken, attribute};

/// A heading of a readme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// The level that its author gave it, from 1 to 6. In the HTML it is one more, below the page's own heading.
    pub level: u8,
    /// The id of its element, which begins with [`ID_PREFIX`].
    pub id: String,
    /// Its text.
    pub text: String,
}

/// The ids of a readme.
pub(super) struct Anchors {
    pub(super) headings: Vec<Heading>,
    /// The index of a heading's start tag among the tokens, to the heading.
    by_token: HashMap<usize, usize>,
    /// Ids as authors write them, without the prefix.
    ids: HashSet<String>,
}

impl Anchors {
    pub(super) fn of(tokens: &[HtmlToken]) -> Self {
        let mut anchors = Self { headings: Vec::new(), by_token: HashMap::new(), ids: HashSet::new() };
        let mut slugs = Anchorizer::new();
        for (index, token) in tokens.iter().enumerate() {
            let HtmlToken::Start { attributes, .. } = token else { continue };
            for name in ["id", "name"] {
                anchors.ids.extend(attribute(attributes, name).map(str::to_owned));
            }
            let Some(level) = token.heading_level() else { continue };
            let text = text_of(&tokens[index + 1..]);
            let slug = slugs.anchorize(&text);
            if slug.is_empty() {
                continue;
            }
            anchors.by_token.insert(index, anchors.headings.len());
            anchors.headings.push(Heading { level, id: format!("{ID_PREFIX}{slug}"), text });
            anchors.ids.insert(slug);
        }
        anchors
    }

    /// Returns the id of the heading whose start tag is this token.
    pub(super) fn heading_id(&self, token: usize) -> Option<&str> {
        self.by_token.get(&token).map(|heading| self.headings[*heading].id.as_str())
    }

    /// Returns the id in the page that a fragment leads to. As on GitHub, its case does not matter.
    pub(super) fn resolve(&self, fragment: &str) -> String {
        let lower = fragment.to_lowercase();
        let fragment = if !self.ids.contains(fragment) && self.ids.contains(&lower) { &lower } else { fragment };
        format!("{ID_PREFIX}{fragment}")
    }
}

/// Returns the text up to the end of a heading, or to the next one.
fn text_of(tokens: &[HtmlToken]) -> String {
    let mut text = String::new();
    for token in tokens.iter().take_while(|token| token.heading_level().is_none()) {
        if let HtmlToken::Text(part) = token {
            text.push_str(part);
        }
        // An unclosed heading would take all that follows.
        if text.len() > 1_000 {
            break;
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
