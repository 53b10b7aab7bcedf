//! The last word on what is safe: lists of elements, attributes, classes and schemes, applied by ammonia.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

use super::elements::ELEMENTS;
use super::id_prefix::ID_PREFIX;

/// Attributes of any element that readmes keep, besides `id` and those that are rewritten.
const KEPT: [&str; 9] = ["align", "class", "colspan", "dir", "lang", "open", "rowspan", "start", "title"];

/// The classes of comrak, and of the placeholders. Others could look like parts of the page.
const CLASSES: [&str; 20] = [
    "contains-task-list",
    "data-footnote-backref",
    "footnote-backref",
    "footnote-ref",
    "footnotes",
    "markdown-alert",
    "markdown-alert-caution",
    "markdown-alert-important",
    "markdown-alert-note",
    "markdown-alert-tip",
    "markdown-alert-title",
    "markdown-alert-warning",
    "plain",
    "remote-image",
    "remote-image-link",
    "task-list-item",
    "task-list-item-checkbox",
    "highlight",
    "center",
    "badge",
];

/// Returns whether an attribute may be of use to ammonia.
pub(super) fn is_kept(name: &str) -> bool {
    KEPT.contains(&name)
}

static SANITIZER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from(ELEMENTS))
        .generic_attributes(HashSet::from(["align", "class", "dir", "id", "lang", "title"]))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href", "data-src", "data-alt", "data-width", "data-height"])),
            ("span", HashSet::from(["data-src", "data-alt", "data-width", "data-height"])),
            ("details", HashSet::from(["open"])),
            ("input", HashSet::from(["type", "checked", "disabled"])),
            ("ol", HashSet::from(["start"])),
            ("td", HashSet::from(["colspan", "rowspan"])),
            ("th", HashSet::from(["colspan", "rowspan"])),
        ]))
        // A wide one scrolls, also by keyboard.
        .set_tag_attribute_value("pre", "tabindex", "0")
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::Custom(Box::new(fragment)))
        .attribute_filter(|_, name, value| match name {
            "class" => known_classes(value),
            _ => Some(Cow::Borrowed(value)),
        })
        .id_prefix(Some(ID_PREFIX))
        .link_rel(Some("nofollow noopener noreferrer ugc"))
        .strip_comments(true);
    builder
});

pub(super) fn clean(html: &str) -> String {
    SANITIZER.clean(html).to_string()
}

/// Links within the readme are the only relative ones that are left.
fn fragment(url: &str) -> Option<Cow<'_, str>> {
    url.starts_with('#').then_some(Cow::Borrowed(url))
}

fn known_classes(value: &str) -> Option<Cow<'_, str>> {
    let is_language = |class: &str| {
        let language = class.strip_prefix("language-");
        language.is_some_and(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || "+-#._".contains(c)))
    };
    let classes: Vec<&str> =
        value.split_whitespace().filter(|class| CLASSES.contains(class) || is_language(class)).collect();
    (!classes.is_empty()).then(|| Cow::Owned(classes.join(" ")))
}
