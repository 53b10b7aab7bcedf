//! Bounds what a tree of the tokens costs: its depth, its images, and the elements that HTML's rules copy.
//!
//! A parser repeats each open `<b>` in each paragraph that follows it, so that a few kilobytes can become millions of elements.

use std::collections::HashMap;

use super::tokens::HtmlToken;
use super::too_complex::TooComplex;

/// The readme of express nests 8 levels, the deepest of those in the tests.
const MAX_DEPTH: usize = 200;

/// The number of copies that a tree may have: at most one more for each token of the longest readme.
const MAX_COPIES: usize = 200_000;

/// A placeholder is ten times as long as the shortest image. The readme of koa has 68 images, the most of those in the tests.
const MAX_IMAGES: usize = 5_000;

pub(super) fn check(tokens: &[HtmlToken]) -> Result<(), TooComplex> {
    let mut open: HashMap<&str, usize> = HashMap::new();
    let (mut depth, mut formatting, mut copies): (usize, usize, usize) = (0, 0, 0);
    let is_image = |token: &&HtmlToken| matches!(token, HtmlToken::Start { name, .. } if name == "img");
    if tokens.iter().filter(is_image).count() > MAX_IMAGES {
        return Err(TooComplex);
    }
    for token in tokens {
        match token {
            HtmlToken::Start { name, .. } if nests(name) => {
                *open.entry(name).or_default() += 1;
                depth += 1;
                formatting += usize::from(is_formatting(name));
            }
            HtmlToken::End { name } => {
                // An end tag that closes nothing is ignored by parsers, too.
                if let Some(count) = open.get_mut(name.as_str()).filter(|count| **count > 0) {
                    *count -= 1;
                    depth -= 1;
                    formatting -= usize::from(is_formatting(name));
                }
            }
            _ => {}
        }
        copies += formatting;
        if depth > MAX_DEPTH || copies > MAX_COPIES {
            return Err(TooComplex);
        }
    }
    Ok(())
}

/// Returns whether an unclosed tag adds a level. The next one of its kind closes those left out here.
fn nests(name: &str) -> bool {
    !matches!(
        name,
        "a" | "br"
            | "hr"
            | "img"
            | "input"
            | "wbr"
            | "p"
            | "li"
            | "dt"
            | "dd"
            | "tr"
            | "td"
            | "th"
            | "thead"
            | "tbody"
            | "tfoot"
    )
}

fn is_formatting(name: &str) -> bool {
    matches!(name, "b" | "code" | "em" | "i" | "s" | "small" | "strike" | "strong" | "tt" | "u")
}
