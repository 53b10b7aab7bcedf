//! What setup finds in the database, and whether the table fits.

use serde::Deserialize;

use super::columns::Columns;
use super::names::{CREATED, Table};
use super::sql::identifier;
use crate::error::{Error, Result};

/// The result of `sql/introspect.sql`.
#[derive(Debug, Deserialize)]
pub(crate) struct Introspection {
    pub(super) version: u32,
    pub(super) zone: String,
    pub(crate) schema_exists: bool,
    pub(crate) table: Option<FoundTable>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct FoundTable {
    /// `relkind` in `pg_class`: `r` is a table, `p` a partitioned table.
    pub(super) kind: char,
    pub(crate) is_empty: bool,
    pub(crate) has_subject_index: bool,
    columns: Vec<FoundColumn>,
    /// The columns with a unique index of their own.
    unique_columns: Vec<String>,
    missing_privileges: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct FoundColumn {
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
}

impl FoundTable {
    pub(crate) fn is_partitioned(&self) -> bool {
        self.kind == 'p'
    }

    /// Returns what the statements depend on, or an error that lists everything that does not fit.
    pub(super) fn columns(&self, table: &Table, zone: &str) -> Result<Columns> {
        let mut problems = Vec::new();
        if !matches!(self.kind, 'r' | 'p') {
            problems.push("it is not a table but a view, a sequence or another relation: name a table".to_owned());
        }
        let mut type_of = |name, types| self.type_of(name, types).map_err(|problem| problems.push(problem)).ok();
        type_of(&table.id, [Type::Text, Type::Varchar]);
        let expiry = type_of(&table.expiry, [Type::Timestamptz, Type::Timestamp]);
        let data = type_of(&table.data, [Type::Json, Type::Jsonb]);
        if table.max_age.is_some() {
            problems.extend(self.problem_with_created(table));
        }
        problems.extend(self.column(&table.id).into_iter().flat_map(|id| self.problems_with_id(table, id)));
        let ours = [&table.id, &table.expiry, &table.data];
        for column in self.columns.iter().filter(|column| column.needs_value && !ours.contains(&&column.name)) {
            problems.push(format!("column {} is NOT NULL and has no default: give it one", identifier(&column.name)));
        }
        if !self.missing_privileges.is_empty() {
            problems.push(format!("the role lacks privileges: GRANT {}", self.missing_privileges.join(", ")));
        }
        match (expiry, data) {
            (Some(expiry), Some(data)) if problems.is_empty() => {
                Ok(Columns { json: data.name(), zone: (expiry == Type::Timestamp).then(|| zone.to_owned()) })
            }
            _ => Err(Error::setup(format!("the table {} does not fit: {}", table.quoted(), problems.join("; ")))),
        }
    }

    fn column(&self, name: &str) -> Option<&FoundColumn> {
        self.columns.iter().find(|column| column.name == name)
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

    fn problems_with_id(&self, table: &Table, column: &FoundColumn) -> Vec<String> {
        let mut problems = Vec::new();
        let (id, quoted) = (identifier(&column.name), table.quoted());
        if !self.unique_columns.contains(&column.name) {
            problems.push(format!("column {id} has no unique index: ALTER TABLE {quoted} ADD PRIMARY KEY ({id})"));
        }
        if !column.is_deterministic {
            problems.push(format!(
                "column {id} treats different ids as equal (its collation is nondeterministic): \
                 ALTER TABLE {quoted} ALTER COLUMN {id} TYPE text COLLATE \"C\""
            ));
        }
        problems
    }

    fn problem_with_created(&self, table: &Table) -> Option<String> {
        let (created, quoted) = (identifier(CREATED), table.quoted());
        match self.column(CREATED) {
            None => Some(format!(
                "the option max_age needs a column: \
                 ALTER TABLE {quoted} ADD COLUMN {created} timestamptz NOT NULL DEFAULT now()"
            )),
            Some(column) if column.type_oid != Type::Timestamptz.oid() => Some(format!(
                "column {created} is {}: it must be timestamp with time zone for the option max_age",
                column.type_name
            )),
            Some(column) if !column.has_default => Some(format!(
                "column {created} has no default: ALTER TABLE {quoted} ALTER COLUMN {created} SET DEFAULT now()"
            )),
            Some(_) => None,
        }
    }
}
