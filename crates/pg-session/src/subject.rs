//! The path in the data that names whose session it is, such as `user.id`. No I/O.

use crate::error::{Error, Result};

/// The keys, from the outermost to the innermost.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Subject {
    path: String,
    keys: Vec<String>,
}

impl Subject {
    /// A dot stands between two keys. A backslash takes its meaning, or another backslash's, away.
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
        let problem = match self.keys.iter().find_map(|key| key.is_empty().then_some("an empty key")) {
            Some(empty) => empty,
            None if self.path.contains('\0') => "a NUL character",
            None => return Ok(()),
        };
        Err(Error::configuration(format!("the option subject has {problem}; give it a path such as user.id")))
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// As PostgreSQL writes a `text[]`.
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
    fn dots_are_between_keys_unless_escaped() {
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
