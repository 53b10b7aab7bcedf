//! The statements of the operations, filled in for the table that was found.

use std::sync::Arc;

use super::introspection::{FoundTable, Introspection};
use super::names::Table;
use crate::backend::{Absence, BatchSql, DuplicateKeys, Statement};
use crate::error::Result;

pub(crate) struct Statements {
    pub(crate) get: Arc<Statement>,
    pub(crate) set: Arc<Statement>,
    /// Used with the option max_age.
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
    /// Used with the option subject, as is the next one.
    pub(crate) sessions_of: Arc<Statement>,
    pub(crate) destroy_sessions_of: Arc<Statement>,
    pub(crate) sweep: SweepBy,
}

/// How a sweep reads the table.
#[derive(Clone)]
pub(crate) enum SweepBy {
    /// Ranges of heap blocks.
    Blocks(Arc<Statement>),
    /// Pages of the key, if there are no `ctid` ranges (before PostgreSQL 14) or they mean nothing (partitions).
    Keys(Arc<Statement>),
}

impl Statements {
    /// Returns the statements for the table that was found, or an error that lists everything that does not fit.
    pub(crate) fn new(table: &Table, server: &Introspection, found: &FoundTable) -> Result<Self> {
        let columns = found.columns(table, &server.zone)?;
        let write = |name, sql| table.statement(name, sql, &columns);
        let read = |name, sql| Statement { no_wal_flush: true, reads_only: true, ..write(name, sql) };
        // A second call returns something else.
        let once = |statement| Statement { idempotent: false, ..statement };
        let many = |statement: Statement, sql, duplicates, absence| {
            let sql = table.statement(statement.name, sql, &columns).sql;
            Arc::new(Statement { many: Some(BatchSql { sql, duplicates, absence }), ..statement })
        };
        let touch = |sql| Statement { no_wal_flush: true, ..write("touch", sql) };
        Ok(Self {
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
            sweep: match (found.kind, server.version) {
                ('r', 140_000..) => {
                    SweepBy::Blocks(Arc::new(write("sweep", include_str!("../../sql/sweep_blocks.sql"))))
                }
                _ => SweepBy::Keys(Arc::new(write("sweep", include_str!("../../sql/sweep_keys.sql")))),
            },
        })
    }
}
