//! The language a readme is written in, by its file name.

/// The language of a readme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// Markdown as GitHub reads it, which may contain HTML.
    #[default]
    Markdown,
    /// HTML.
    Html,
    /// Anything else, which is shown as it is.
    Text,
}

impl Syntax {
    /// Returns the syntax of a file of this name. A file without an ending is Markdown, as npm reads it.
    #[must_use]
    pub fn of_file(name: &str) -> Self {
        let file = name.rsplit('/').next().unwrap_or(name);
        match file.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
            None | Some("md" | "markdown" | "mkd" | "mdown" | "mdx") => Self::Markdown,
            Some("html" | "htm") => Self::Html,
            Some(_) => Self::Text,
        }
    }
}
