//! Writes the tokens as HTML again, with ids, links, images and check boxes rewritten.

use std::collections::HashSet;
use std::fmt::Write;

use super::anchors::Anchors;
use super::id_prefix::ID_PREFIX;
use super::image::Image;
use super::links::Links;
use super::sanitize::is_kept;
use super::tokens::{HtmlToken, attribute, heading_level};
use crate::escape::{escape, escape_into};

/// Returns the HTML and the number of remote images.
pub(super) fn to_html(tokens: &[HtmlToken], anchors: &Anchors, links: &Links<'_>) -> (String, usize) {
    let mut writer = Writer {
        out: String::new(),
        links,
        ids: anchors.headings.iter().map(|heading| heading.id.clone()).collect(),
        in_link: false,
        after_link: Vec::new(),
        tables: Vec::new(),
        images: 0,
    };
    for (index, token) in tokens.iter().enumerate() {
        match token {
            HtmlToken::Text(text) => writer.text(text),
            HtmlToken::Start { name, attributes } => writer.start(name, attributes, anchors.heading_id(index)),
            HtmlToken::End { name } => writer.end(name),
        }
    }
    writer.close_link();
    (writer.out, writer.images)
}

struct Writer<'a> {
    out: String,
    links: &'a Links<'a>,
    /// The ids that are taken.
    ids: HashSet<String>,
    in_link: bool,
    /// Images of the open link.
    after_link: Vec<Image<'a>>,
    /// For each open table, whether a cell is open.
    tables: Vec<bool>,
    images: usize,
}

impl<'a> Writer<'a> {
    fn text(&mut self, text: &str) {
        // Parsers move what stands between cells before the table, and take quadratic time for it.
        if self.is_between_cells() && !text.trim().is_empty() {
            return;
        }
        escape_into(&mut self.out, text);
    }

    fn start(&mut self, name: &'a str, attributes: &'a [(String, String)], heading_id: Option<&str>) {
        if is_table_part(name) {
            self.start_table_part(name, attributes);
            return;
        }
        if self.is_between_cells() {
            return;
        }
        match name {
            "img" => self.image(attributes),
            "input" => self.check_box(attributes),
            "a" => self.link(attributes),
            "br" | "hr" | "wbr" => {
                let _ = write!(self.out, "<{name}>");
            }
            _ => match heading_level(name) {
                Some(level) => {
                    let _ = write!(self.out, "<{}", demoted(level));
                    if let Some(id) = heading_id {
                        let _ = write!(self.out, " id=\"{}\"", escape(id));
                    }
                    self.attributes(attributes, heading_id.is_none());
                }
                None => {
                    let _ = write!(self.out, "<{}", shown_as(name));
                    if name == "center" {
                        self.out.push_str(" align=\"center\"");
                    }
                    self.attributes(attributes, true);
                }
            },
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "table" => {
                if self.tables.pop().is_some() {
                    self.out.push_str("</table>");
                }
            }
            _ if is_table_part(name) => {
                if let Some(in_cell) = self.tables.last_mut() {
                    *in_cell = false;
                    let _ = write!(self.out, "</{name}>");
                }
            }
            _ if self.is_between_cells() => {}
            "a" => self.close_link(),
            "br" | "hr" | "wbr" | "img" | "input" => {}
            _ => {
                let shown = match heading_level(name) {
                    Some(level) => demoted(level),
                    None => shown_as(name),
                };
                let _ = write!(self.out, "</{shown}>");
            }
        }
    }

    fn start_table_part(&mut self, name: &str, attributes: &[(String, String)]) {
        match name {
            "table" if self.is_between_cells() => return,
            "table" => self.tables.push(false),
            _ => match self.tables.last_mut() {
                Some(in_cell) => *in_cell = matches!(name, "td" | "th" | "caption"),
                None => return,
            },
        }
        let _ = write!(self.out, "<{name}");
        self.attributes(attributes, true);
    }

    fn link(&mut self, attributes: &[(String, String)]) {
        self.close_link();
        self.out.push_str("<a");
        if let Some(href) = attribute(attributes, "href").and_then(|href| self.links.page(href)) {
            let _ = write!(self.out, " href=\"{}\"", escape(&href));
        }
        self.attributes(attributes, true);
        self.in_link = true;
    }

    fn close_link(&mut self) {
        if self.in_link {
            self.out.push_str("</a>");
            self.in_link = false;
        }
        for image in self.after_link.drain(..) {
            image.push_link_after(&mut self.out);
        }
    }

    fn image(&mut self, attributes: &'a [(String, String)]) {
        let Some(src) = attribute(attributes, "src").and_then(|src| self.links.image(src)) else {
            escape_into(&mut self.out, attribute(attributes, "alt").unwrap_or_default());
            return;
        };
        let image = Image::new(attributes, src);
        self.images += 1;
        if self.in_link {
            image.push_within_link(&mut self.out);
            self.after_link.push(image);
        } else {
            image.push_link(&mut self.out);
        }
    }

    /// Only the boxes of task lists are shown, and nobody can check them.
    fn check_box(&mut self, attributes: &[(String, String)]) {
        if attribute(attributes, "type") == Some("checkbox") {
            let checked = if attribute(attributes, "checked").is_some() { " checked" } else { "" };
            let _ = write!(self.out, "<input type=\"checkbox\" disabled{checked}>");
        }
    }

    /// Writes the other attributes, which ammonia chooses from, and the end of the tag.
    fn attributes(&mut self, attributes: &[(String, String)], with_id: bool) {
        let id = attribute(attributes, "id").or_else(|| attribute(attributes, "name"));
        if let Some(id) = id.filter(|id| with_id && !id.is_empty()) {
            let id = format!("{ID_PREFIX}{id}");
            let attribute = format!(" id=\"{}\"", escape(&id));
            if self.ids.insert(id) {
                self.out.push_str(&attribute);
            }
        }
        for (name, value) in attributes {
            if is_kept(name) {
                let _ = write!(self.out, " {name}=\"{}\"", escape(value));
            }
        }
        self.out.push('>');
    }

    fn is_between_cells(&self) -> bool {
        self.tables.last() == Some(&false)
    }
}

fn is_table_part(name: &str) -> bool {
    matches!(name, "table" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th" | "caption")
}

/// The page's own heading is the only `h1`.
fn demoted(level: u8) -> &'static str {
    match level {
        1 => "h2",
        2 => "h3",
        3 => "h4",
        4 => "h5",
        _ => "h6",
    }
}

fn shown_as(name: &str) -> &str {
    match name {
        "center" => "div",
        name => name,
    }
}
