//! The text that a merge comes to.

/// A value: text of one of the sides, or an object or array of several sides' values.
pub(super) enum Outcome<'a> {
    Text(&'a str),
    Object(Vec<(&'a str, Outcome<'a>)>),
    Array(Vec<Outcome<'a>>),
}

impl Outcome<'_> {
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
