//! Badges as SVG, with a label at the left and a message at the right.

mod width;

use crate::compact;
use crate::escape::escape;
use width::text_width;

/// A badge, 20 px high.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    label: String,
    message: String,
    color: &'static str,
}

// White text has a contrast of 4.5:1 or better on each.
const GRAY: &str = "#666";
const GREEN: &str = "#2c7a1f";
const BLUE: &str = "#0f6cab";

/// A longer text is cut: a badge is read at a glance, and what it says comes from packages.
const MAX_CHARS: usize = 60;

impl Badge {
    /// Creates a badge of the downloads of a month, or of "no figure yet".
    #[must_use]
    pub fn downloads(count: Option<u64>) -> Self {
        match count {
            Some(count) => Self::new("downloads", &format!("{}/month", compact(count)), GREEN),
            None => Self::new("downloads", "no figure yet", GRAY),
        }
    }

    /// Creates a badge of a version.
    #[must_use]
    pub fn version(version: Option<&str>) -> Self {
        match version {
            Some(version) => Self::new("npm", &format!("v{version}"), BLUE),
            None => Self::new("npm", "unknown", GRAY),
        }
    }

    /// Creates a badge of a license.
    #[must_use]
    pub fn license(license: Option<&str>) -> Self {
        match license {
            Some(license) => Self::new("license", license, BLUE),
            None => Self::new("license", "unknown", GRAY),
        }
    }

    /// Creates a badge that says that there is no such package.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new("package", "not found", GRAY)
    }

    fn new(label: &str, message: &str, color: &'static str) -> Self {
        Self { label: label.to_owned(), message: shortened(message), color }
    }

    /// Returns the SVG.
    #[must_use]
    pub fn to_svg(&self) -> String {
        // Five pixels at each side of a text; the texts are drawn ten times as large and scaled down, as their widths are
        // no whole numbers of pixels.
        let (label_text, message_text) = (text_width(&self.label), text_width(&self.message));
        let (left, right) = (label_text.div_ceil(10) + 10, message_text.div_ceil(10) + 10);
        let width = left + right;
        let (label, message, color) = (escape(&self.label), escape(&self.message), self.color);
        let text = |middle: usize, length: usize, text: &str| {
            format!(
                "<text x=\"{middle}\" y=\"150\" fill=\"#010101\" fill-opacity=\".3\" transform=\"scale(.1)\" \
                 textLength=\"{length}\" aria-hidden=\"true\">{text}</text>\
                 <text x=\"{middle}\" y=\"140\" transform=\"scale(.1)\" textLength=\"{length}\">{text}</text>"
            )
        };
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"20\" role=\"img\" \
             aria-label=\"{label}: {message}\"><title>{label}: {message}</title>\
             <linearGradient id=\"s\" x2=\"0\" y2=\"100%\"><stop offset=\"0\" stop-color=\"#bbb\" stop-opacity=\".1\"/>\
             <stop offset=\"1\" stop-opacity=\".1\"/></linearGradient>\
             <clipPath id=\"r\"><rect width=\"{width}\" height=\"20\" rx=\"3\" fill=\"#fff\"/></clipPath>\
             <g clip-path=\"url(#r)\"><rect width=\"{left}\" height=\"20\" fill=\"#555\"/>\
             <rect x=\"{left}\" width=\"{right}\" height=\"20\" fill=\"{color}\"/>\
             <rect width=\"{width}\" height=\"20\" fill=\"url(#s)\"/></g>\
             <g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,Geneva,DejaVu Sans,sans-serif\" \
             text-rendering=\"geometricPrecision\" font-size=\"110\">{}{}</g></svg>",
            text(left * 5, label_text, &label),
            text(left * 10 + right * 5, message_text, &message),
        )
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::Badge;

    #[test]
    fn badges_say_what_they_show() {
        for (badge, says) in [
            (Badge::downloads(Some(1_234_567)), "downloads: 1.2M/month"),
            (Badge::downloads(Some(19)), "downloads: 19/month"),
            (Badge::downloads(None), "downloads: no figure yet"),
            (Badge::version(Some("2.0.1")), "npm: v2.0.1"),
            (Badge::license(Some("MIT OR Apache-2.0")), "license: MIT OR Apache-2.0"),
            (Badge::license(None), "license: unknown"),
            (Badge::not_found(), "package: not found"),
        ] {
            assert!(badge.to_svg().contains(&format!("<title>{says}</title>")), "{says}");
        }
    }

    #[test]
    fn the_width_follows_the_text() {
        // "npm" is 24.5 px wide in Verdana at 11 px, "v1.0.0" 35.5 px.
        let svg = Badge::version(Some("1.0.0")).to_svg();
        assert!(svg.contains("<rect width=\"35\" height=\"20\" fill=\"#555\"/>"), "{svg}");
        assert!(svg.contains("<rect x=\"35\" width=\"46\""), "{svg}");
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"81\" height=\"20\""), "{svg}");
    }

    #[test]
    fn hostile_texts_are_escaped_and_cut() {
        let svg = Badge::license(Some("\"><script>alert(1)</script>\u{0}")).to_svg();
        assert!(!svg.contains("<script") && !svg.contains('\u{0}'), "{svg}");
        let svg = Badge::license(Some(&"é".repeat(100_000))).to_svg();
        assert!(svg.len() < 3_000 && svg.contains('…'));
    }
}
