//! A remote image as a placeholder: nothing is loaded from another host until a reader asks for it.

use std::fmt::Write;

use super::tokens::attribute;
use crate::escape::{escape, escape_into};

/// An image of a readme.
pub(super) struct Image<'a> {
    alt: &'a str,
    src: String,
    width: Option<&'a str>,
    height: Option<&'a str>,
}

impl<'a> Image<'a> {
    pub(super) fn new(attributes: &'a [(String, String)], src: String) -> Self {
        let pixels = |name| attribute(attributes, name).filter(|value| is_size(value));
        Self {
            alt: attribute(attributes, "alt").map(str::trim).unwrap_or_default(),
            src,
            width: pixels("width"),
            height: pixels("height"),
        }
    }

    /// Writes a link to the image. A script may replace it by the image, which the `data-` attributes describe.
    pub(super) fn push_link(&self, out: &mut String) {
        out.push_str("<a class=\"remote-image\"");
        let _ = write!(out, " href=\"{}\"", escape(&self.src));
        self.push_data(out);
        self.push_label(out);
        out.push_str("</a>");
    }

    /// Writes the placeholder of an image within a link, which cannot hold another link.
    pub(super) fn push_within_link(&self, out: &mut String) {
        out.push_str("<span class=\"remote-image\"");
        self.push_data(out);
        self.push_label(out);
        out.push_str("</span>");
    }

    /// Writes the link to the image that stands behind the link around it, for readers without script.
    pub(super) fn push_link_after(&self, out: &mut String) {
        let _ = write!(out, " <a class=\"remote-image-link\" href=\"{}\" title=\"", escape(&self.src));
        escape_into(out, self.label());
        out.push_str("\">image</a>");
    }

    fn push_data(&self, out: &mut String) {
        let _ = write!(out, " data-src=\"{}\" data-alt=\"{}\"", escape(&self.src), escape(self.alt));
        for (name, value) in [("width", self.width), ("height", self.height)] {
            if let Some(value) = value {
                let _ = write!(out, " data-{name}=\"{value}\"");
            }
        }
    }

    fn push_label(&self, out: &mut String) {
        out.push('>');
        escape_into(out, self.label());
    }

    fn label(&self) -> &str {
        if self.alt.is_empty() { "image" } else { self.alt }
    }
}

/// Returns whether a size is a number of pixels or percent.
fn is_size(value: &str) -> bool {
    let digits = value.strip_suffix('%').unwrap_or(value);
    (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}
