//! What setup finds in the database, and whether the table fits.

use serde::Deserialize;

use super::columns::Columns;
use super::foreign_code::ForeignCode;
use super::layouts::advice;
use super::names::{CREATED, Table};
use super::sql::identifier;
use crate::error::{Error, Result};

/// The result of `sql/introspect.sql`.
#[derive(Debug, Deserialize)]
pub(crate) struct Introspection {
    pub(super) version: u32,
    pub(super) zone: String,
    pub(crate) schema_exists: bool,
    /// The schema of a similar table, in which the role would look for it.
    pub(crate) elsewhere: Option<String>,
    pub(crate) table: Option<FoundTable>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct FoundTable {
    /// `relkind` in `pg_class`: `r` is a table, `p` a partitioned table.
    pub(super) kind: char,
    pub(crate) is_empty: bool,
    pub(crate) has_subject_index: bool,
    foreign_code: Option<ForeignCode>,
    columns: Vec<FoundColumn>,
    /// The columns with a unique index of their own.
    unique_columns: Vec<String>,
    missing_privileges: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FoundColumn {
    name: String,
    #[serde(rename = "type")]
    type_oid: i64,
    /// For messages only, because its notation depends on settings.
    type_name: String,
    /// Whether its collation is deterministic: only texts with the same bytes are equal.
    is_deterministic: bool,
    /// Whether every INSERT must give it a value.
    needs_value: bool,
    has_default: bool,
}

/// A type that a column may have. PostgreSQL's `pg_type.dat` fixes its oid for all versions.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Type {
    Text,
    Varchar,
    Timestamptz,
    Timestamp,
    Json,
    Jsonb,
}

impl Type {
    fn oid(self) -> i64 {
        match self {
            Self::Text => 25,
            Self::Varchar => 1043,
            Self::Timestamptz => 1184,
            Self::Timestamp => 1114,
            Self::Json => 114,
            Self::Jsonb => 3802,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Varchar => "character varying",
            Self::Timestamptz => "timestamp with time zone",
            Self::Timestamp => "timestamp without time zone",
            Self::Json => "json",
            Self::Jsonb => "jsonb",
        }
    }

    /// Returns the type, and the conversion if it needs one, that mends an expiry of a related type.
    fn to_timestamptz(found: &FoundColumn) -> Option<String> {
        (found.type_oid == DATE).then(|| "timestamptz".to_owned())
    }

    /// Returns the type and the conversion that mend data which may be JSON. PostgreSQL changes nothing if it is not.
    fn to_json(found: &FoundColumn) -> Option<String> {
        match found.type_oid {
            oid if [Self::Text.oid(), Self::Varchar.oid(), BPCHAR].contains(&oid) => {
                Some("json USING {column}::json".to_owned())
            }
            BYTEA => Some("json USING convert_from({column}, 'UTF8')::json".to_owned()),
            _ => None,
        }
    }
}

/// Returns the type to which a found column can be altered without a loss.
type Mend = fn(&FoundColumn) -> Option<String>;

/// Related types, of which a column may be altered.
const BYTEA: i64 = 17;
const BPCHAR: i64 = 1042;
const DATE: i64 = 1082;

impl FoundTable {
    pub(crate) fn is_partitioned(&self) -> bool {
        self.kind == 'p'
    }

    /// Returns what the statements depend on, or an error that lists everything that does not fit.
    pub(super) fn columns(&self, table: &Table, zone: &str) -> Result<Columns> {
        self.foreign_code.as_ref().map_or(Ok(()), |code| code.check(table))?;
        let misfit = |problems: String| Error::setup(format!("the table {} does not fit: {problems}", table.quoted()));
        if let Some(problem) = advice(table, |name| self.column(name).is_some()) {
            return Err(misfit(problem));
        }
        let mut problems = Problems::default();
        if !matches!(self.kind, 'r' | 'p') {
            problems.add("it is not a table but a view, a sequence or another relation: name a table", None);
        }
        let mut type_of = |name, types, mend: Mend| {
            self.type_of(name, types).map_err(|problem| problems.add(problem, self.mended(name, mend))).ok()
        };
        type_of(&table.id, [Type::Text, Type::Varchar], |_| Some("text COLLATE \"C\"".to_owned()));
        let expiry = type_of(&table.expiry, [Type::Timestamptz, Type::Timestamp], Type::to_timestamptz);
        let data = type_of(&table.data, [Type::Json, Type::Jsonb], Type::to_json);
        if table.max_age.is_some() {
            self.check_created(&mut problems);
        }
        if let Some(id) = self.column(&table.id) {
            self.check_id(id, &mut problems);
        }
        let ours = [&table.id, &table.expiry, &table.data];
        for column in self.columns.iter().filter(|column| column.needs_value && !ours.contains(&&column.name)) {
            let name = identifier(&column.name);
            problems.add(
                if self.unique_columns.contains(&column.name) {
                    format!(
                        "column {name} is NOT NULL and has no default: if it holds the ids, name it by the option `id_column`"
                    )
                } else {
                    format!("column {name} is NOT NULL and has no default: give it one")
                },
                None,
            );
        }
        if !self.missing_privileges.is_empty() {
            problems.add(format!("the role lacks privileges: GRANT {}", self.missing_privileges.join(", ")), None);
        }
        match (expiry, data) {
            (Some(expiry), Some(data)) if problems.are_none() => {
                Ok(Columns { json: data.name(), zone: (expiry == Type::Timestamp).then(|| zone.to_owned()) })
            }
            _ => Err(misfit(problems.text(table))),
        }
    }

    fn column(&self, name: &str) -> Option<&FoundColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Returns the action that gives the column a type that fits.
    fn mended(&self, name: &str, mend: Mend) -> Option<String> {
        let column = self.column(name)?;
        let id = identifier(name);
        // A column with a default is left to its owner, because the default may not fit the new type.
        let wanted = mend(column).filter(|_| !column.has_default)?;
        Some(format!("ALTER COLUMN {id} TYPE {}", wanted.replace("{column}", &id)))
    }

    /// Returns the type of the column, or a message if it is none of these types.
    fn type_of(&self, name: &str, types: [Type; 2]) -> Result<Type, String> {
        let found = self.column(name);
        let fitting = types.into_iter().find(|fitting| found.is_some_and(|column| column.type_oid == fitting.oid()));
        fitting.ok_or_else(|| {
            let found = found.map_or("missing", |column| &column.type_name);
            let [one, other] = types.map(Type::name);
            format!("column {} is {found}: it must be {one} or {other}", identifier(name))
        })
    }

    fn check_id(&self, column: &FoundColumn, problems: &mut Problems) {
        let id = identifier(&column.name);
        if !self.unique_columns.contains(&column.name) {
            problems.add(format!("column {id} has no unique index"), Some(format!("ADD PRIMARY KEY ({id})")));
        }
        if !column.is_deterministic {
            problems.add(
                format!("column {id} treats different ids as equal (its collation is nondeterministic)"),
                Some(format!("ALTER COLUMN {id} TYPE text COLLATE \"C\"")),
            );
        }
    }

    fn check_created(&self, problems: &mut Problems) {
        let created = identifier(CREATED);
        match self.column(CREATED) {
            None => problems.add(
                format!("column {created}, which limits the age, is missing"),
                Some(format!("ADD COLUMN {created} timestamptz NOT NULL DEFAULT now()")),
            ),
            Some(column) if column.type_oid != Type::Timestamptz.oid() => {
                let problem = format!("column {created} is {}: it must be timestamp with time zone", column.type_name);
                problems.add(problem, None);
            }
            Some(column) if !column.has_default => problems.add(
                format!("column {created} has no default"),
                Some(format!("ALTER COLUMN {created} SET DEFAULT now()")),
            ),
            Some(_) => {}
        }
    }
}

/// What does not fit, and the actions of the one ALTER TABLE that mends it.
#[derive(Default)]
struct Problems {
    problems: Vec<String>,
    actions: Vec<String>,
}

impl Problems {
    fn add(&mut self, problem: impl Into<String>, action: Option<String>) {
        self.problems.push(problem.into());
        self.actions.extend(action.filter(|action| !self.actions.contains(action)));
    }

    fn are_none(&self) -> bool {
        self.problems.is_empty()
    }

    fn text(&self, table: &Table) -> String {
        let problems = self.problems.join("; ");
        match self.actions.join(", ") {
            actions if actions.is_empty() => problems,
            actions => format!("{problems}; let its owner run: ALTER TABLE {} {actions}", table.quoted()),
        }
    }
}
