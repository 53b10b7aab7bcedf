//! The path in the data to the subject of a session, such as `user.id`. No I/O.

use crate::error::{Error, Result};

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Subject {
    path: String,
    /// From the outermost to the innermost.
    keys: Vec<String>,
}

impl Subject {
    /// Parses a path. Dots separate its keys. A backslash escapes a dot or a backslash.
    pub(crate) fn new(path: String) -> Self {
        let (mut keys, mut key) = (Vec::new(), String::new());
        let mut characters = path.chars();
        while let Some(character) = characters.next() {
            match character {
                '.' => keys.push(std::mem::take(&mut key)),
                '\\' => key.extend(characters.next()),
                character => key.push(character),
            }
        }
        keys.push(key);
        Self { path, keys }
    }

    pub(crate) fn check(&self) -> Result<()> {
        let problem = if self.keys.iter().any(String::is_empty) {
            "an empty key"
        } else if self.path.contains('\0') {
            "a NUL character"
        } else {
            return Ok(());
        };
        Err(Error::configuration(format!("the option subject has {problem}; give it a path such as user.id")))
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Returns the keys as a literal of a `text[]`.
    pub(crate) fn array(&self) -> String {
        let quoted = |key: &String| format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""));
        format!("{{{}}}", self.keys.iter().map(quoted).collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn dots_separate_keys_unless_escaped() {
        for (path, array) in [
            ("user", r#"{"user"}"#),
            ("user.id", r#"{"user","id"}"#),
            (r"https://a\.b/sub.0", r#"{"https://a.b/sub","0"}"#),
            (r#"a\\.b"c"#, r#"{"a\\","b\"c"}"#),
            ("it's {NULL}, null", r#"{"it's {NULL}, null"}"#),
        ] {
            let subject = Subject::new(path.into());
            subject.check().unwrap();
            assert_eq!(subject.array(), array);
        }
        for path in ["", ".", "user.", ".id", "a..b", "a\0b", "\\"] {
            assert_eq!(Subject::new(path.into()).check().unwrap_err().kind(), ErrorKind::Configuration, "{path}");
        }
    }
}
