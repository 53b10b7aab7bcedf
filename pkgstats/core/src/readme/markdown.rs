//! Markdown to HTML, within a bound of time. comrak works without recursion, so that depth needs no bound here.

use comrak::{Arena, Options, format_html, try_parse_document};

use super::deadline::Deadline;
use super::too_complex::TooComplex;

pub(super) fn to_html(text: &str, deadline: Deadline) -> Result<String, TooComplex> {
    let options = options();
    let arena = Arena::new();
    let root = try_parse_document(&arena, text, &options, &|| deadline.is_over()).map_err(|_| TooComplex)?;
    let mut html = String::with_capacity(text.len() * 2);
    format_html(root, &options, &mut html).map_err(|_| TooComplex)?;
    Ok(html)
}

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.alerts = true;
    options.extension.autolink = true;
    options.extension.footnotes = true;
    options.extension.shortcodes = true;
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.tasklist = true;
    // HTML is kept here, and made safe afterwards.
    options.render.r#unsafe = true;
    options
}
