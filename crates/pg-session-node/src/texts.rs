//! The texts of a batch, which cross from JavaScript as one.

/// Takes texts from the front of a joined text by their lengths in JavaScript, which are in UTF-16.
pub(crate) struct Texts<'a> {
    rest: &'a str,
    /// Then lengths are in bytes, too.
    is_ascii: bool,
}

impl<'a> Texts<'a> {
    pub(crate) fn new(joined: &'a str) -> Self {
        Self { rest: joined, is_ascii: joined.is_ascii() }
    }

    /// Returns the next text, or `None` if no text of this length follows.
    pub(crate) fn next(&mut self, length: usize) -> Option<String> {
        let bytes = if self.is_ascii { length } else { bytes(self.rest, length)? };
        let (text, rest) = self.rest.split_at_checked(bytes)?;
        self.rest = rest;
        Some(text.to_owned())
    }
}

/// Returns how many bytes so many units of UTF-16 at the start of a text have.
fn bytes(text: &str, length: usize) -> Option<usize> {
    let (mut bytes, mut units) = (0, 0);
    for character in text.chars() {
        if units >= length {
            break;
        }
        units += character.len_utf16();
        bytes += character.len_utf8();
    }
    (units == length).then_some(bytes)
}
