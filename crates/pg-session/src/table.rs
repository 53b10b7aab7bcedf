//! The table: its names, what `setup` found it to be, and the statements filled in for it.

use std::sync::Arc;

use serde::Deserialize;

use crate::backend::{Many, SameKey, Statement};
use crate::error::{Error, Result};
use crate::subject::Subject;

/// PostgreSQL cuts longer names off in silence (NAMEDATALEN).
const MAX_NAME_BYTES: usize = 63;

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
            return Err(Error::configuration(format!("the option {option} {problem}; give it another name")));
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
        let sql = fill(template, |word| {
            Some(match word {
                "schema" => identifier(&self.schema),
                "table" => self.quoted(),
                "id" => identifier(&self.id),
                "expiry" => identifier(&self.expiry),
                "data" => identifier(&self.data),
                "json" => columns.json.clone(),
                "zone" => columns.zone.as_deref().map(|z| format!(" AT TIME ZONE {}", literal(z))).unwrap_or_default(),
                "lock" => format!("{SWEEP_LOCK}, {regclass}::oid::int4"),
                "regclass" => regclass.clone(),
                "subject" => format!("{}::text[]", literal(&self.subject.as_ref()?.array())),
                "subject_index" => identifier(&format!("{}_{}_idx", self.name, self.subject.as_ref()?.path())),
                _ => return None,
            })
        });
        Statement { name, sql, many: None, repeatable: true }
    }
}

/// What `sql/look.sql` answers.
#[derive(Debug, Deserialize)]
pub(crate) struct Look {
    version: u32,
    zone: String,
    pub(crate) schema_exists: bool,
    pub(crate) table: Option<FoundTable>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct FoundTable {
    kind: char,
    pub(crate) is_empty: bool,
    pub(crate) has_subject_index: bool,
    columns: Vec<FoundColumn>,
    unique_columns: Vec<String>,
    missing_rights: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct FoundColumn {
    name: String,
    #[serde(rename = "type")]
    type_name: String,
    needs_value: bool,
}

/// What the statements must know of the columns.
#[derive(Debug, Default)]
struct Columns {
    /// `json` or `jsonb`.
    json: String,
    /// The zone that the times of a `timestamp` column are in.
    zone: Option<String>,
}

/// Every statement of the verbs, filled in once for the table that was found.
pub(crate) struct Statements {
    pub(crate) get: Arc<Statement>,
    pub(crate) set: Arc<Statement>,
    pub(crate) create: Arc<Statement>,
    pub(crate) update: Arc<Statement>,
    pub(crate) touch: Arc<Statement>,
    pub(crate) touch_always: Arc<Statement>,
    pub(crate) destroy: Arc<Statement>,
    pub(crate) rotate: Arc<Statement>,
    pub(crate) all: Arc<Statement>,
    pub(crate) count: Arc<Statement>,
    pub(crate) clear: Arc<Statement>,
    pub(crate) by_subject: Option<BySubject>,
    pub(crate) sweep: SweepBy,
}

/// What there is with the option subject.
pub(crate) struct BySubject {
    pub(crate) sessions_of: Arc<Statement>,
    pub(crate) destroy_sessions_of: Arc<Statement>,
}

/// How a sweep goes through the table.
#[derive(Clone)]
pub(crate) enum SweepBy {
    /// Ranges of heap blocks.
    Blocks(Arc<Statement>),
    /// Pages of the key, where `ctid` ranges are missing (before PostgreSQL 14) or mean nothing (partitions).
    Keys(Arc<Statement>),
}

impl Look {
    /// The statements for the table that was found, or an error that lists all that does not fit.
    pub(crate) fn statements(&self, table: &Table, found: &FoundTable) -> Result<Statements> {
        let columns = found.columns(table, &self.zone)?;
        let alone = |name, sql| table.statement(name, sql, &columns);
        let many = |same_key, statement: Statement, sql| {
            let Statement { name, sql: one, repeatable, .. } = statement;
            let many = Many { sql: alone(name, sql).sql, same_key };
            Arc::new(Statement { name, sql: one, many: Some(many), repeatable })
        };
        let once = |statement| Statement { repeatable: false, ..statement };
        Ok(Statements {
            get: many(
                SameKey::Together,
                alone("get", include_str!("../sql/get.sql")),
                include_str!("../sql/get_many.sql"),
            ),
            set: many(
                SameKey::LastStands,
                alone("set", include_str!("../sql/set.sql")),
                include_str!("../sql/set_many.sql"),
            ),
            create: many(
                SameKey::Apart,
                once(alone("create", include_str!("../sql/create.sql"))),
                include_str!("../sql/create_many.sql"),
            ),
            update: many(
                SameKey::Apart,
                alone("update", include_str!("../sql/update.sql")),
                include_str!("../sql/update_many.sql"),
            ),
            touch: many(
                SameKey::Apart,
                alone("touch", include_str!("../sql/touch.sql")),
                include_str!("../sql/touch_many.sql"),
            ),
            touch_always: many(
                SameKey::Apart,
                alone("touch", include_str!("../sql/touch_always.sql")),
                include_str!("../sql/touch_always_many.sql"),
            ),
            destroy: many(
                SameKey::Apart,
                once(alone("destroy", include_str!("../sql/destroy.sql"))),
                include_str!("../sql/destroy_many.sql"),
            ),
            rotate: Arc::new(once(alone("rotate", include_str!("../sql/rotate.sql")))),
            all: Arc::new(alone("all", include_str!("../sql/all.sql"))),
            count: Arc::new(alone("count", include_str!("../sql/count.sql"))),
            clear: Arc::new(alone("clear", include_str!("../sql/clear.sql"))),
            by_subject: table.subject.is_some().then(|| BySubject {
                sessions_of: Arc::new(alone("sessions_of", include_str!("../sql/sessions_of.sql"))),
                destroy_sessions_of: Arc::new(once(alone(
                    "destroy_sessions_of",
                    include_str!("../sql/destroy_sessions_of.sql"),
                ))),
            }),
            sweep: match (found.kind, self.version) {
                ('r', 140_000..) => SweepBy::Blocks(Arc::new(alone("sweep", include_str!("../sql/sweep_blocks.sql")))),
                _ => SweepBy::Keys(Arc::new(alone("sweep", include_str!("../sql/sweep_keys.sql")))),
            },
        })
    }
}

impl FoundTable {
    pub(crate) fn is_partitioned(&self) -> bool {
        self.kind == 'p'
    }

    fn columns(&self, table: &Table, zone: &str) -> Result<Columns> {
        let mut problems = Vec::new();
        if !matches!(self.kind, 'r' | 'p') {
            problems.push("it is no table but a view, a sequence or the like: name a table".to_owned());
        }

        let mut type_of = |name: &str, fits: [&'static str; 2]| {
            let found = self.columns.iter().find(|column| column.name == name).map(|column| column.type_name.as_str());
            let fit = fits.into_iter().find(|fit| Some(*fit) == found);
            if fit.is_none() {
                let found = found.map_or("is missing".to_owned(), |found| format!("is {found}"));
                problems.push(format!("column {} {found}, and must be {} or {}", identifier(name), fits[0], fits[1]));
            }
            fit
        };
        let id = type_of(&table.id, ["text", "character varying"]);
        let expiry = type_of(&table.expiry, ["timestamp with time zone", "timestamp without time zone"]);
        let data = type_of(&table.data, ["json", "jsonb"]);

        let quoted = (table.quoted(), identifier(&table.id));
        if id.is_some() && !self.unique_columns.contains(&table.id) {
            problems.push(format!("column {1} is no key: ALTER TABLE {0} ADD PRIMARY KEY ({1})", quoted.0, quoted.1));
        }
        let ours = [&table.id, &table.expiry, &table.data];
        for column in self.columns.iter().filter(|column| column.needs_value && !ours.contains(&&column.name)) {
            problems.push(format!("column {} is NOT NULL and has no default: give it one", identifier(&column.name)));
        }
        if !self.missing_rights.is_empty() {
            problems.push(format!("the role lacks a right to use it: GRANT {}", self.missing_rights.join(", ")));
        }

        match (expiry, data) {
            (Some(expiry), Some(json)) if problems.is_empty() => Ok(Columns {
                json: json.to_owned(),
                zone: (expiry == "timestamp without time zone").then(|| zone.to_owned()),
            }),
            _ => Err(Error::setup(format!("the table {} does not fit: {}", quoted.0, problems.join("; ")))),
        }
    }
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
        assert!(sql.contains(r#""id" text PRIMARY KEY"#), "{sql}");
    }

    #[test]
    fn no_statement_has_an_unknown_word_or_a_comment() {
        let columns = Columns { json: "json".into(), zone: Some("It's\\Here".into()) };
        let statement = Table::default().statement("get", include_str!("../sql/get.sql"), &columns);
        assert!(!statement.sql.contains(['{', '}']) && !statement.sql.contains("--"), "{}", statement.sql);
        assert!(statement.sql.contains(r" AT TIME ZONE E'It''s\\Here' > "), "{}", statement.sql);
    }
}
