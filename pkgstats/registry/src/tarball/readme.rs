//! Which file is the readme: `README.md` in any case, then others.

use std::io::{self, Read};

use pkgstats_core::readme::Syntax;

/// A package's readme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadmeFile {
    /// The file's path.
    pub path: String,
    /// The text, up to the limit.
    pub text: String,
    /// Whether the file is longer than the limit.
    pub is_truncated: bool,
}

impl ReadmeFile {
    /// Returns the language the readme is written in.
    #[must_use]
    pub fn syntax(&self) -> Syntax {
        Syntax::of_file(&self.path)
    }
}

/// Returns how good a file is as the readme, less being better, or `None` if it is none.
pub(super) fn preference(path: &str) -> Option<u8> {
    let lower = path.to_ascii_lowercase();
    let ending = lower.strip_prefix("readme")?;
    match ending {
        ".md" => Some(0),
        ".markdown" | ".mkd" | ".mdown" => Some(1),
        "" => Some(2),
        ".html" | ".htm" => Some(3),
        ".txt" | ".rst" | ".adoc" | ".org" | ".textile" => Some(4),
        // A translation, such as README.zh-CN.md
        _ if ending.starts_with('.') && ending.ends_with(".md") && !ending.contains('/') => Some(5),
        _ => None,
    }
}

/// Reads a readme up to a number of bytes.
pub(super) fn read(path: &str, reader: impl Read, limit: usize) -> io::Result<ReadmeFile> {
    let mut bytes = Vec::new();
    reader.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    let is_truncated = bytes.len() > limit;
    bytes.truncate(limit);
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    if is_truncated && text.ends_with('\u{fffd}') {
        // The limit fell within a character.
        text.pop();
    }
    Ok(ReadmeFile { path: path.to_owned(), text, is_truncated })
}
