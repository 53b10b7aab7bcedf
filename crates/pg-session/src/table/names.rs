//! The names of the table and its columns.

use std::time::Duration;

use super::sql::identifier;
use crate::error::{Error, Result};
use crate::subject::Subject;

/// PostgreSQL silently truncates longer names (NAMEDATALEN).
const MAX_NAME_BYTES: usize = 63;

/// The column that the option max_age requires.
pub(super) const CREATED: &str = "created";

/// The names, unquoted, and the options that change the statements.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) schema: String,
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) expiry: String,
    pub(crate) data: String,
    pub(crate) subject: Option<Subject>,
    pub(crate) max_age: Option<Duration>,
    /// Whether the table may belong to any role.
    pub(crate) trusts_owner: bool,
}

/// The names of koa-pg-session.
impl Default for Table {
    fn default() -> Self {
        Self {
            schema: "public".into(),
            name: "session".into(),
            id: "id".into(),
            expiry: "expiry".into(),
            data: "session".into(),
            subject: None,
            max_age: None,
            trusts_owner: false,
        }
    }
}

impl Table {
    /// Checks the names and the subject.
    pub(crate) fn check(&self) -> Result<()> {
        let names = [
            ("schema", &self.schema),
            ("table", &self.name),
            ("id_column", &self.id),
            ("expiry_column", &self.expiry),
            ("data_column", &self.data),
        ];
        for (option, name) in names {
            let problem = match name.len() {
                0 => "is empty",
                _ if name.contains('\0') => "has a NUL character",
                1..=MAX_NAME_BYTES => continue,
                _ => "is longer than the 63 bytes that PostgreSQL keeps",
            };
            return Err(Error::configuration(format!("the name {problem}; use another one")).about_option(option));
        }
        self.subject.as_ref().map_or(Ok(()), Subject::check)
    }

    /// Returns the quoted name of the table with its schema.
    pub(crate) fn quoted(&self) -> String {
        format!("{}.{}", identifier(&self.schema), identifier(&self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn names_are_1_to_63_bytes_without_nul() {
        let named = |name: &str| Table { name: name.into(), ..Table::default() }.check();
        for name in ["s", r#"a "b".c"#, "Ünï ço\u{1F600}", "{id}", &"x".repeat(63)] {
            named(name).unwrap();
        }
        for name in ["", "a\0b", &"x".repeat(64), &"ü".repeat(32)] {
            assert_eq!(named(name).unwrap_err().kind(), ErrorKind::Configuration, "{name}");
        }
    }
}
