//! JSON text assembled from pieces of several texts.

/// A value: a piece of one of the texts, or an array or object of such values.
pub(super) enum Output<'a> {
    Text(&'a str),
    /// Each key is written with its quotes.
    Object(Vec<(&'a str, Output<'a>)>),
    Array(Vec<Output<'a>>),
}

impl Output<'_> {
    pub(super) fn into_text(self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) {
        match self {
            Self::Text(value) => text.push_str(value),
            Self::Object(members) => {
                text.push('{');
                for (n, (key, value)) in members.iter().enumerate() {
                    text.push_str(if n == 0 { "" } else { "," });
                    text.push_str(key);
                    text.push(':');
                    value.write(text);
                }
                text.push('}');
            }
            Self::Array(items) => {
                text.push('[');
                for (n, value) in items.iter().enumerate() {
                    text.push_str(if n == 0 { "" } else { "," });
                    value.write(text);
                }
                text.push(']');
            }
        }
    }
}
