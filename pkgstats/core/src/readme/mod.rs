//! Turns a package's readme into HTML that is safe to show, with its links, anchors and images put right.
//!
//! Markdown becomes HTML (comrak), the HTML becomes a list of tokens (html5ever's tokenizer), from which headings, links and
//! images are rewritten and the cost of a tree is bounded, and ammonia has the last word on what is safe.

mod anchors;
mod budget;
mod deadline;
mod elements;
mod id_prefix;
mod image;
mod links;
mod markdown;
mod rewrite;
mod sanitize;
mod syntax;
mod tokens;
mod too_complex;

use std::fmt::Write;

use crate::escape::escape_into;
use crate::manifest::Repository;
pub use anchors::Heading;
use deadline::Deadline;
pub use id_prefix::ID_PREFIX;
pub use syntax::Syntax;
use too_complex::TooComplex;

/// The number of bytes of a readme that are read. The rest is cut off.
pub const MAX_BYTES: usize = 1 << 20;

/// A readme to render.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The text.
    pub text: &'a str,
    /// The language it is written in.
    pub syntax: Syntax,
    /// Where relative links and images lead. Without it, relative links become text.
    pub repository: Option<&'a Repository>,
}

/// A readme as HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readme {
    /// The HTML. It runs no script, makes no request, and its ids begin with [`ID_PREFIX`].
    ///
    /// A remote image is a link, `a.remote-image`, or within a link a `span.remote-image`, which an `a.remote-image-link`
    /// follows. Both have the attributes `data-src`, `data-alt`, and maybe `data-width` and `data-height`, from which a
    /// script can make the image. Plain text is in a `pre.plain`.
    pub html: String,
    /// The headings in order, for a table of contents.
    pub headings: Vec<Heading>,
    /// The number of remote images, each of which is a placeholder until it is asked for.
    pub remote_images: usize,
    /// Why the readme is not shown as its author meant it.
    pub notice: Option<Notice>,
}

/// Why a readme is not shown as its author meant it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Notice {
    /// It is longer than [`MAX_BYTES`], and the rest is cut off.
    Truncated,
    /// It is nested too deeply, or takes too long, to be more than plain text.
    TooComplex,
}

/// Renders a readme. Input that would take too long, or nest too deeply, is shown as plain text.
///
/// ```
/// use pkgstats_core::readme::{Source, Syntax, render};
///
/// let readme = render(Source { text: "# Usage\n<script>alert(1)</script>", syntax: Syntax::Markdown, repository: None });
/// assert_eq!(readme.html.trim(), "<h2 id=\"readme-usage\">Usage</h2>");
/// ```
#[must_use]
pub fn render(source: Source<'_>) -> Readme {
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(source.text);
    let end = text.floor_char_boundary(MAX_BYTES.min(text.len()));
    let truncated = (end < text.len()).then_some(Notice::Truncated);
    let text = &text[..end];
    let deadline = Deadline::start();
    let rendered = match source.syntax {
        Syntax::Markdown => {
            markdown::to_html(text, deadline).and_then(|html| from_html(&html, source.repository, deadline))
        }
        Syntax::Html => from_html(text, source.repository, deadline),
        Syntax::Text => Ok(plain(text)),
    };
    match rendered {
        Ok(readme) => Readme { notice: truncated, ..readme },
        Err(TooComplex) => Readme { notice: Some(Notice::TooComplex), ..plain(text) },
    }
}

fn from_html(html: &str, repository: Option<&Repository>, deadline: Deadline) -> Result<Readme, TooComplex> {
    let tokens = tokens::read(html, deadline)?;
    budget::check(&tokens)?;
    let anchors = anchors::Anchors::of(&tokens);
    let links = links::Links { repository, anchors: &anchors };
    let (html, remote_images) = rewrite::to_html(&tokens, &anchors, &links);
    Ok(Readme { html: sanitize::clean(&html), headings: anchors.headings, remote_images, notice: None })
}

fn plain(text: &str) -> Readme {
    let mut html = String::with_capacity(text.len() + 64);
    let _ = write!(html, "<pre class=\"plain\" tabindex=\"0\">");
    escape_into(&mut html, text);
    html.push_str("</pre>");
    Readme { html, headings: Vec::new(), remote_images: 0, notice: None }
}

#[cfg(test)]
mod tests;
