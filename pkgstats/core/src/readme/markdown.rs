//! Markdown to HTML, within a bound of time and of depth.

use comrak::nodes::AstNode;
use comrak::{Arena, Options, format_html, try_parse_document};

use super::deadline::Deadline;
use super::too_complex::TooComplex;

/// The formatter of comrak and its search for footnotes go down the tree, one call a level.
const MAX_DEPTH: usize = 100;

pub(super) fn to_html(text: &str, deadline: Deadline) -> Result<String, TooComplex> {
    let is_over = || deadline.is_over();
    let mut options = options();
    let arena = Arena::new();
    let mut root = try_parse_document(&arena, text, &options, &is_over).map_err(|_| TooComplex)?;
    if depth(root) > MAX_DEPTH {
        return Err(TooComplex);
    }
    // The search for footnotes is recursive, and runs only once the depth of the tree is known.
    if text.contains("[^") {
        options.extension.footnotes = true;
        root = try_parse_document(&arena, text, &options, &is_over).map_err(|_| TooComplex)?;
    }
    let mut html = String::with_capacity(text.len() * 2);
    format_html(root, &options, &mut html).map_err(|_| TooComplex)?;
    Ok(html)
}

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.alerts = true;
    options.extension.autolink = true;
    options.extension.shortcodes = true;
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.tasklist = true;
    // HTML is kept here, and made safe afterwards.
    options.render.r#unsafe = true;
    options
}

/// Returns the depth of a tree, without recursion.
fn depth<'a>(root: &'a AstNode<'a>) -> usize {
    let mut depth = 0;
    let mut deepest = 0;
    for edge in root.traverse() {
        match edge {
            comrak::arena_tree::NodeEdge::Start(_) => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            comrak::arena_tree::NodeEdge::End(_) => depth -= 1,
        }
    }
    deepest
}
