//! The table: its names, and the statements filled in for it.

mod found;

use std::sync::Arc;
use std::time::Duration;

use crate::backend::Statement;
use crate::error::{Error, Result};
use crate::session::whole_ms;
use crate::subject::Subject;

pub(crate) use found::{FoundTable, Look};

/// PostgreSQL cuts longer names off in silence (NAMEDATALEN).
const MAX_NAME_BYTES: usize = 63;

/// The column that there must be for the option max_age.
const CREATED: &str = "created";

/// The first half of the advisory lock's key; the second is the table's oid.
const SWEEP_LOCK: i32 = 0x7067_7373;

/// The names in use, as they are, unquoted.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) schema: String,
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) expiry: String,
    pub(crate) data: String,
    pub(crate) subject: Option<Subject>,
    pub(crate) max_age: Option<Duration>,
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
        }
    }
}

impl Table {
    /// Whether all names are ones that PostgreSQL takes.
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
                _ => "is longer than the 63 bytes that PostgreSQL keeps of a name",
            };
            return Err(Error::configuration(format!("the name {problem}; choose another one")).about_option(option));
        }
        self.subject.as_ref().map_or(Ok(()), Subject::check)
    }

    /// Schema and table, quoted as SQL wants it.
    pub(crate) fn quoted(&self) -> String {
        format!("{}.{}", identifier(&self.schema), identifier(&self.name))
    }

    pub(crate) fn create_schema(&self) -> Statement {
        self.statement("create_schema", include_str!("../sql/create_schema.sql"), &Columns::default())
    }

    pub(crate) fn create_table(&self) -> Statement {
        self.statement("create_table", include_str!("../sql/create_table.sql"), &Columns::default())
    }

    /// The index for the option subject, where that is given.
    pub(crate) fn create_subject_index(&self) -> Option<Statement> {
        let sql = include_str!("../sql/create_subject_index.sql");
        self.subject.is_some().then(|| self.statement("create_subject_index", sql, &Columns::default()))
    }

    fn statement(&self, name: &'static str, template: &str, columns: &Columns) -> Statement {
        let regclass = format!("{}::regclass", literal(&self.quoted()));
        let zone = columns.zone.as_deref().map(|z| format!(" AT TIME ZONE {}", literal(z))).unwrap_or_default();
        let created = identifier(CREATED);
        let fits = columns.fits(self);
        let expires = self.expires(&zone, &fits);
        let with_age = |sql: String| self.max_age.map_or(String::new(), |_| sql);
        let sql = fill(template, |word| {
            Some(match word {
                "schema" => identifier(&self.schema),
                "table" => self.quoted(),
                "id" => identifier(&self.id),
                "expiry" => identifier(&self.expiry),
                "data" => identifier(&self.data),
                "json" => columns.json.to_owned(),
                "zone" => zone.clone(),
                "expires" => expires.clone(),
                "fits" => fits.clone(),
                // Both are true. What the statement writes is on the disk a little later, and nobody waits for that; unless
                // the other is looked at for one of its rows.
                "asynchronous" => "(SELECT set_config('synchronous_commit', 'off', true)) = 'off'".to_owned(),
                "durable" => "(SELECT set_config(p.name, p.reset_val, true) FROM pg_catalog.pg_settings AS p \
                              WHERE p.name = 'synchronous_commit') IS NOT NULL"
                    .to_owned(),
                // Where a session takes the place of an expired one.
                "created_on_conflict" => with_age(format!(
                    ", {created} = CASE WHEN {expires} > statement_timestamp() THEN s.{created} ELSE excluded.{created} END"
                )),
                "created" => created.clone(),
                "created_column" => with_age(format!(",\n    {created} timestamptz NOT NULL DEFAULT now()")),
                "created_us" => match self.max_age {
                    Some(_) => format!("(date_part('epoch', s.{created}) * 1000000)::bigint::text"),
                    None => "NULL::text".to_owned(),
                },
                "lock" => format!("{SWEEP_LOCK}, {regclass}::oid::int4"),
                "regclass" => regclass.clone(),
                "subject" => format!("{}::text[]", literal(&self.subject.as_ref()?.array())),
                "subject_index" => identifier(&format!("{}_{}_idx", self.name, self.subject.as_ref()?.path())),
                _ => return None,
            })
        });
        Statement { name, sql, many: None, no_wal_flush: false, reads_only: false, idempotent: true }
    }

    /// When a session ends, as a `timestamptz`: by its expiry, or by its age if that is earlier. The planner reduces the
    /// first CASE to that.
    fn expires(&self, zone: &str, fits: &str) -> String {
        let idle = format!("CASE WHEN {fits} THEN s.{}{zone} END", identifier(&self.expiry));
        let Some(age) = self.max_age.map(whole_ms) else { return idle };
        let oldest = format!("s.{} + {age} * interval '1 millisecond'", identifier(CREATED));
        // Not least(), which takes no notice of NULL: a session without an expiry does not live.
        format!("CASE WHEN {oldest} < {idle} THEN {oldest} ELSE {idle} END")
    }
}

/// What the statements must know of the columns.
#[derive(Debug, Default)]
struct Columns {
    /// `json` or `jsonb`.
    json: &'static str,
    /// The zone that the times of a `timestamp` column are in.
    zone: Option<String>,
}

impl Columns {
    /// A condition that is always true, at no cost, and that PostgreSQL refuses to parse (42883) once the columns have other
    /// types than `setup` found: each function takes one type only, and no other is cast to it by itself. Without it, a
    /// statement would read a column that was altered since in the wrong way.
    fn fits(&self, table: &Table) -> String {
        let range = if self.zone.is_some() { "tsrange" } else { "tstzrange" };
        let (expiry, data) = (identifier(&table.expiry), identifier(&table.data));
        let age = table.max_age.map_or(String::new(), |_| {
            format!(" OR pg_catalog.range_contains_elem(NULL::pg_catalog.tstzrange, s.{})", identifier(CREATED))
        });
        format!(
            "(true OR pg_catalog.range_contains_elem(NULL::pg_catalog.{range}, s.{expiry}) \
             OR pg_catalog.{}_typeof(s.{data}) IS NULL{age})",
            self.json
        )
    }
}

/// Every statement of the verbs, filled in once for the table that was found.
pub(crate) struct Statements {
    pub(crate) get: Arc<Statement>,
    pub(crate) set: Arc<Statement>,
    /// For tables with the option max_age.
    pub(crate) renew: Arc<Statement>,
    pub(crate) create: Arc<Statement>,
    pub(crate) update: Arc<Statement>,
    pub(crate) touch: Arc<Statement>,
    pub(crate) touch_always: Arc<Statement>,
    pub(crate) destroy: Arc<Statement>,
    pub(crate) take: Arc<Statement>,
    pub(crate) rotate: Arc<Statement>,
    pub(crate) all: Arc<Statement>,
    pub(crate) count: Arc<Statement>,
    pub(crate) clear: Arc<Statement>,
    /// For tables with the option subject, and so the next.
    pub(crate) sessions_of: Arc<Statement>,
    pub(crate) destroy_sessions_of: Arc<Statement>,
    pub(crate) sweep: SweepBy,
}

/// How a sweep goes through the table.
#[derive(Clone)]
pub(crate) enum SweepBy {
    /// Ranges of heap blocks.
    Blocks(Arc<Statement>),
    /// Pages of the key, where `ctid` ranges are missing (before PostgreSQL 14) or mean nothing (partitions).
    Keys(Arc<Statement>),
}

/// Puts `value(word)` for every `{word}` in one pass, so that a name with braces in it stays a name.
fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut lines = template.lines().skip_while(|line| line.starts_with("--"));
    let mut rest = lines.by_ref().collect::<Vec<_>>().join("\n");
    let mut filled = String::new();
    while let Some((before, after)) = rest.split_once('{') {
        filled += before;
        let known = after.split_once('}').and_then(|(word, after)| Some((value(word)?, after)));
        let (value, after) = known.unwrap_or_else(|| ("{".to_owned(), after));
        filled += &value;
        rest = after.to_owned();
    }
    filled + &rest
}

/// A name as an SQL identifier.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as an SQL literal, whatever `standard_conforming_strings` says.
fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
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

    #[test]
    fn a_name_in_braces_is_not_filled_in_again() {
        let table = Table { schema: "{table}".into(), name: r#"{id}"{"#.into(), ..Table::default() };
        let sql = table.create_table().sql;
        assert!(sql.starts_with(r#"CREATE TABLE IF NOT EXISTS "{table}"."{id}""{" ("#), "{sql}");
        assert!(sql.contains(r#""id" text COLLATE "C" PRIMARY KEY"#), "{sql}");
    }

    #[test]
    fn no_statement_has_an_unknown_word_or_a_comment() {
        let columns = Columns { json: "json", zone: Some("It's\\Here".into()) };
        let statement = Table::default().statement("get", include_str!("../sql/get.sql"), &columns);
        assert!(!statement.sql.contains(['{', '}']) && !statement.sql.contains("--"), "{}", statement.sql);
        assert!(statement.sql.contains(r" AT TIME ZONE E'It''s\\Here' END > "), "{}", statement.sql);
    }
}
