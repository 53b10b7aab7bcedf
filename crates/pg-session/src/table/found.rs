//! What `setup` finds: whether it fits, and the statements that fit it.

use std::sync::Arc;

use serde::Deserialize;

use super::{CREATED, Columns, Statements, SweepBy, Table, identifier};
use crate::backend::{Absence, BatchSql, DuplicateKeys, Statement};
use crate::error::{Error, Result};

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
    /// The oid of its type.
    #[serde(rename = "type")]
    type_oid: i64,
    /// For people: how it is written depends on settings.
    type_name: String,
    /// Whether only texts of the same bytes are equal in it.
    is_exact: bool,
    needs_value: bool,
    has_default: bool,
}

impl Look {
    /// The statements for the table that was found, or an error that lists all that does not fit.
    pub(crate) fn statements(&self, table: &Table, found: &FoundTable) -> Result<Statements> {
        let columns = found.columns(table, &self.zone)?;
        let write = |name, sql| table.statement(name, sql, &columns);
        let read = |name, sql| Statement { no_wal_flush: true, reads_only: true, ..write(name, sql) };
        // Of the same call twice, the second has another answer.
        let once = |statement| Statement { idempotent: false, ..statement };
        let many = |statement: Statement, sql, duplicates, absence| {
            let sql = table.statement(statement.name, sql, &columns).sql;
            Arc::new(Statement { many: Some(BatchSql { sql, duplicates, absence }), ..statement })
        };
        let touch = |sql| Statement { no_wal_flush: true, ..write("touch", sql) };
        Ok(Statements {
            get: many(
                read("get", include_str!("../../sql/get.sql")),
                include_str!("../../sql/get_many.sql"),
                DuplicateKeys::Coalesce,
                Absence::Marked,
            ),
            set: many(
                write("set", include_str!("../../sql/set.sql")),
                include_str!("../../sql/set_many.sql"),
                DuplicateKeys::Coalesce,
                Absence::Harmless,
            ),
            renew: Arc::new(write("renew", include_str!("../../sql/renew.sql"))),
            create: many(
                once(write("create", include_str!("../../sql/create.sql"))),
                include_str!("../../sql/create_many.sql"),
                DuplicateKeys::Serialize,
                Absence::Doubtful,
            ),
            update: many(
                write("update", include_str!("../../sql/update.sql")),
                include_str!("../../sql/update_many.sql"),
                DuplicateKeys::Serialize,
                Absence::Harmless,
            ),
            touch: many(
                touch(include_str!("../../sql/touch.sql")),
                include_str!("../../sql/touch_many.sql"),
                DuplicateKeys::Coalesce,
                Absence::Doubtful,
            ),
            touch_always: many(
                touch(include_str!("../../sql/touch_always.sql")),
                include_str!("../../sql/touch_always_many.sql"),
                DuplicateKeys::Coalesce,
                Absence::Doubtful,
            ),
            destroy: many(
                once(write("destroy", include_str!("../../sql/destroy.sql"))),
                include_str!("../../sql/destroy_many.sql"),
                DuplicateKeys::Serialize,
                Absence::Doubtful,
            ),
            take: Arc::new(once(write("take", include_str!("../../sql/take.sql")))),
            rotate: Arc::new(once(write("rotate", include_str!("../../sql/rotate.sql")))),
            all: Arc::new(read("all", include_str!("../../sql/all.sql"))),
            count: Arc::new(read("count", include_str!("../../sql/count.sql"))),
            clear: Arc::new(write("clear", include_str!("../../sql/clear.sql"))),
            sessions_of: Arc::new(read("sessions_of", include_str!("../../sql/sessions_of.sql"))),
            destroy_sessions_of: Arc::new(once(write(
                "destroy_sessions_of",
                include_str!("../../sql/destroy_sessions_of.sql"),
            ))),
            sweep: match (found.kind, self.version) {
                ('r', 140_000..) => {
                    SweepBy::Blocks(Arc::new(write("sweep", include_str!("../../sql/sweep_blocks.sql"))))
                }
                _ => SweepBy::Keys(Arc::new(write("sweep", include_str!("../../sql/sweep_keys.sql")))),
            },
        })
    }
}

/// A type that a column may have. The oids are those of PostgreSQL's `pg_type.dat`, the same in every version.
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

    fn columns(&self, table: &Table, zone: &str) -> Result<Columns> {
        let mut problems = Vec::new();
        if !matches!(self.kind, 'r' | 'p') {
            problems.push("it is no table but a view, a sequence or the like: name a table".to_owned());
        }

        let mut type_of = |name: &str, fits: [Type; 2]| {
            let found = self.columns.iter().find(|column| column.name == name);
            let fit = fits.into_iter().find(|fit| found.is_some_and(|column| column.type_oid == fit.oid()));
            if fit.is_none() {
                let found = found.map_or("is missing".to_owned(), |column| format!("is {}", column.type_name));
                let [one, other] = fits.map(Type::name);
                problems.push(format!("column {} {found}, and must be {one} or {other}", identifier(name)));
            }
            fit
        };
        let id = type_of(&table.id, [Type::Text, Type::Varchar]);
        let expiry = type_of(&table.expiry, [Type::Timestamptz, Type::Timestamp]);
        let data = type_of(&table.data, [Type::Json, Type::Jsonb]);

        problems.extend(table.max_age.and_then(|_| self.problem_with_age(table)));

        let quoted = (table.quoted(), identifier(&table.id));
        if id.is_some() && !self.unique_columns.contains(&table.id) {
            problems.push(format!("column {1} is no key: ALTER TABLE {0} ADD PRIMARY KEY ({1})", quoted.0, quoted.1));
        }
        if self.columns.iter().any(|column| column.name == table.id && !column.is_exact) {
            problems.push(format!(
                "column {1} takes different ids for the same one (its collation is nondeterministic): \
                 ALTER TABLE {0} ALTER COLUMN {1} TYPE text COLLATE \"C\"",
                quoted.0, quoted.1
            ));
        }
        let ours = [&table.id, &table.expiry, &table.data];
        for column in self.columns.iter().filter(|column| column.needs_value && !ours.contains(&&column.name)) {
            problems.push(format!("column {} is NOT NULL and has no default: give it one", identifier(&column.name)));
        }
        if !self.missing_rights.is_empty() {
            problems.push(format!("the role lacks a right to use it: GRANT {}", self.missing_rights.join(", ")));
        }

        match (expiry, data) {
            (Some(expiry), Some(json)) if problems.is_empty() => {
                Ok(Columns { json: json.name(), zone: (expiry == Type::Timestamp).then(|| zone.to_owned()) })
            }
            _ => Err(Error::setup(format!("the table {} does not fit: {}", quoted.0, problems.join("; ")))),
        }
    }

    fn problem_with_age(&self, table: &Table) -> Option<String> {
        let (table, created) = (table.quoted(), identifier(CREATED));
        match self.columns.iter().find(|column| column.name == CREATED) {
            None => Some(format!(
                "column {created}, which limits the age, is missing: ALTER TABLE {table} ADD COLUMN {created} timestamptz NOT NULL DEFAULT now()"
            )),
            Some(column) if column.type_oid != Type::Timestamptz.oid() => {
                Some(format!("column {created} is {}, and must be timestamp with time zone", column.type_name))
            }
            Some(column) if !column.has_default => Some(format!(
                "column {created} has no default: ALTER TABLE {table} ALTER COLUMN {created} SET DEFAULT now()"
            )),
            Some(_) => None,
        }
    }
}
