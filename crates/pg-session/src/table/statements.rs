//! The statements of the operations, filled in for the table that setup found.

use std::sync::Arc;

use super::introspection::{FoundTable, Introspection};
use super::names::Table;
use super::sql::sql;
use crate::backend::Absence::{self, Doubtful, Harmless, Marked};
use crate::backend::DuplicateKeys::{self, Coalesce, Serialize};
use crate::backend::{BatchSql, Statement};
use crate::error::Result;

pub(crate) struct Statements {
    pub(crate) get: Arc<Statement>,
    pub(crate) set: Arc<Statement>,
    /// Only with the option max_age.
    pub(crate) renew: Arc<Statement>,
    pub(crate) create: Arc<Statement>,
    pub(crate) update: Arc<Statement>,
    /// For updates that state no time to live.
    pub(crate) update_extending: Arc<Statement>,
    pub(crate) touch: Arc<Statement>,
    pub(crate) touch_always: Arc<Statement>,
    /// For touches that state no time to live.
    pub(crate) extend: Arc<Statement>,
    pub(crate) destroy: Arc<Statement>,
    pub(crate) take: Arc<Statement>,
    pub(crate) rotate: Arc<Statement>,
    pub(crate) all: Arc<Statement>,
    pub(crate) count: Arc<Statement>,
    pub(crate) clear: Arc<Statement>,
    /// Only with the option subject.
    pub(crate) sessions_of: Arc<Statement>,
    /// Only with the option subject.
    pub(crate) destroy_sessions_of: Arc<Statement>,
    pub(crate) sweep: SweepBy,
}

/// How a sweep reads the table.
#[derive(Clone)]
pub(crate) enum SweepBy {
    /// Ranges of heap blocks.
    Blocks(Arc<Statement>),
    /// Pages of the key. Before PostgreSQL 14 there are no `ctid` ranges, and partitions have separate blocks.
    Keys(Arc<Statement>),
}

impl Statements {
    /// Returns the statements for this table, or an error that lists everything that does not fit.
    pub(crate) fn new(table: &Table, server: &Introspection, found: &FoundTable) -> Result<Self> {
        let columns = found.columns(table, &server.zone)?;
        let write = |name, sql| table.statement(name, sql, &columns);
        let touch = |sql| Statement { no_wal_flush: true, ..write("touch", sql) };
        let read = |name, sql| Statement { no_wal_flush: true, reads_only: true, ..write(name, sql) };
        // A second call would return something else.
        let not_idempotent = |statement| Statement { idempotent: false, ..statement };
        let batched = |statement: Statement, sql, duplicates: DuplicateKeys, absence: Absence| {
            let sql = write(statement.name, sql).sql;
            Arc::new(Statement { many: Some(BatchSql { sql, duplicates, absence }), ..statement })
        };
        let get = Statement { native: Some(write("get", sql!("get_native")).sql), ..read("get", sql!("get")) };
        let destroy = not_idempotent(write("destroy", sql!("destroy")));
        let destroy_sessions_of = not_idempotent(write("destroy_sessions_of", sql!("destroy_sessions_of")));
        let update_extending = write("update", sql!("update_extending"));
        let touch_always = touch(sql!("touch_always"));
        Ok(Self {
            get: batched(get, sql!("get_many"), Coalesce, Marked),
            set: batched(write("set", sql!("set")), sql!("set_many"), Coalesce, Harmless),
            renew: Arc::new(write("renew", sql!("renew"))),
            create: batched(not_idempotent(write("create", sql!("create"))), sql!("create_many"), Serialize, Doubtful),
            update: batched(write("update", sql!("update")), sql!("update_many"), Serialize, Harmless),
            update_extending: batched(update_extending, sql!("update_extending_many"), Serialize, Harmless),
            touch: batched(touch(sql!("touch")), sql!("touch_many"), Coalesce, Doubtful),
            touch_always: batched(touch_always, sql!("touch_always_many"), Coalesce, Doubtful),
            extend: batched(touch(sql!("extend")), sql!("extend_many"), Coalesce, Doubtful),
            destroy: batched(destroy, sql!("destroy_many"), Serialize, Doubtful),
            take: Arc::new(not_idempotent(write("take", sql!("take")))),
            rotate: Arc::new(not_idempotent(write("rotate", sql!("rotate")))),
            all: Arc::new(read("all", sql!("all"))),
            count: Arc::new(read("count", sql!("count"))),
            clear: Arc::new(write("clear", sql!("clear"))),
            sessions_of: Arc::new(read("sessions_of", sql!("sessions_of"))),
            destroy_sessions_of: Arc::new(destroy_sessions_of),
            sweep: match (found.kind, server.version) {
                ('r', 140_000..) => SweepBy::Blocks(Arc::new(write("sweep", sql!("sweep_blocks")))),
                _ => SweepBy::Keys(Arc::new(write("sweep", sql!("sweep_keys")))),
            },
        })
    }
}
