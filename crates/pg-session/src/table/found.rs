//! What `setup` finds: whether it fits, and the statements that fit it.

use std::sync::Arc;

use serde::Deserialize;

use super::{BySubject, CREATED, Columns, Statements, SweepBy, Table, identifier};
use crate::backend::{Many, SameKey, Statement};
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
    #[serde(rename = "type")]
    type_name: String,
    needs_value: bool,
    has_default: bool,
}

impl Look {
    /// The statements for the table that was found, or an error that lists all that does not fit.
    pub(crate) fn statements(&self, table: &Table, found: &FoundTable) -> Result<Statements> {
        let columns = found.columns(table, &self.zone)?;
        let alone = |name, sql| table.statement(name, sql, &columns);
        let many = |same_key, statement: Statement, sql| {
            let Statement { name, sql: one, is_quick, repeatable, .. } = statement;
            let many = Many { sql: alone(name, sql).sql, same_key };
            Arc::new(Statement { name, sql: one, many: Some(many), is_quick, repeatable })
        };
        let quick = |statement| Statement { is_quick: true, ..statement };
        let once = |statement| Statement { repeatable: false, ..statement };
        Ok(Statements {
            get: many(
                SameKey::Together,
                quick(alone("get", include_str!("../../sql/get.sql"))),
                include_str!("../../sql/get_many.sql"),
            ),
            set: many(
                SameKey::LastStands,
                alone("set", include_str!("../../sql/set.sql")),
                include_str!("../../sql/set_many.sql"),
            ),
            create: many(
                SameKey::Apart,
                once(alone("create", include_str!("../../sql/create.sql"))),
                include_str!("../../sql/create_many.sql"),
            ),
            update: many(
                SameKey::Apart,
                alone("update", include_str!("../../sql/update.sql")),
                include_str!("../../sql/update_many.sql"),
            ),
            touch: many(
                SameKey::Together,
                quick(alone("touch", include_str!("../../sql/touch.sql"))),
                include_str!("../../sql/touch_many.sql"),
            ),
            touch_always: many(
                SameKey::Together,
                quick(alone("touch", include_str!("../../sql/touch_always.sql"))),
                include_str!("../../sql/touch_always_many.sql"),
            ),
            destroy: many(
                SameKey::Apart,
                once(alone("destroy", include_str!("../../sql/destroy.sql"))),
                include_str!("../../sql/destroy_many.sql"),
            ),
            take: Arc::new(once(alone("take", include_str!("../../sql/take.sql")))),
            rotate: Arc::new(once(alone("rotate", include_str!("../../sql/rotate.sql")))),
            all: Arc::new(quick(alone("all", include_str!("../../sql/all.sql")))),
            count: Arc::new(quick(alone("count", include_str!("../../sql/count.sql")))),
            clear: Arc::new(alone("clear", include_str!("../../sql/clear.sql"))),
            by_subject: table.subject.is_some().then(|| BySubject {
                sessions_of: Arc::new(quick(alone("sessions_of", include_str!("../../sql/sessions_of.sql")))),
                destroy_sessions_of: Arc::new(once(alone(
                    "destroy_sessions_of",
                    include_str!("../../sql/destroy_sessions_of.sql"),
                ))),
            }),
            sweep: match (found.kind, self.version) {
                ('r', 140_000..) => {
                    SweepBy::Blocks(Arc::new(alone("sweep", include_str!("../../sql/sweep_blocks.sql"))))
                }
                _ => SweepBy::Keys(Arc::new(alone("sweep", include_str!("../../sql/sweep_keys.sql")))),
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

        problems.extend(table.max_age.and_then(|_| self.problem_with_age(table)));

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

    fn problem_with_age(&self, table: &Table) -> Option<String> {
        let (table, created) = (table.quoted(), identifier(CREATED));
        match self.columns.iter().find(|column| column.name == CREATED) {
            None => Some(format!(
                "the option max_age needs a column: ALTER TABLE {table} ADD COLUMN {created} timestamptz NOT NULL DEFAULT now()"
            )),
            Some(column) if column.type_name != "timestamp with time zone" => Some(format!(
                "column {created} is {}, and must be timestamp with time zone for the option max_age",
                column.type_name
            )),
            Some(column) if !column.has_default => Some(format!(
                "column {created} has no default: ALTER TABLE {table} ALTER COLUMN {created} SET DEFAULT now()"
            )),
            Some(_) => None,
        }
    }
}
