//! What is measured: a store, called from one environment.

use std::fmt;

use async_trait::async_trait;
use serde::Serialize;

use crate::error::BoxError;
use crate::outcome::Outcome;
use crate::task::{Operation, Task};

pub(crate) const PG_SESSION: &str = "pg-session";
/// The same callers as for an update, but they set.
pub(crate) const PG_SESSION_SET: &str = "pg-session, set instead of update";
pub(crate) const SQLX: &str = "tower-sessions-sqlx-store";
pub(crate) const TOWER_REDIS: &str = "tower-sessions-redis-store";
pub(crate) const TOWER_REDIS_DURABLE: &str = "tower-sessions-redis-store, appendfsync always";
pub(crate) const FRED: &str = "Redis (fred)";
pub(crate) const FRED_DURABLE: &str = "Redis (fred), appendfsync always";
pub(crate) const PREPARED: &str = "tokio-postgres, prepared";
pub(crate) const PGBENCH: &str = "pgbench -M prepared";
pub(crate) const PGBENCH_BATCH: &str = "pgbench, 256 ids per statement, 4 connections";
pub(crate) const CONNECT_PG_SIMPLE: &str = "connect-pg-simple";
pub(crate) const CONNECT_REDIS: &str = "connect-redis";
pub(crate) const KOA_REDIS: &str = "koa-redis";

/// Where a target is called from. Targets are compared within a group.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Group {
    Rust,
    Node,
    Axum,
    Koa,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub(crate) struct Label {
    pub(crate) group: Group,
    pub(crate) name: &'static str,
}

/// The target whose table others read. It comes first.
pub(crate) const PG_SESSION_IN_RUST: Label = Label { group: Group::Rust, name: PG_SESSION };

#[async_trait]
pub(crate) trait Target: Send {
    fn label(&self) -> Label;

    /// Returns whether this measurement is possible and says something.
    fn supports(&self, operation: Operation, callers: usize) -> bool;

    /// Stores the sessions numbered from 0, and reads some of them back.
    async fn fill(&mut self, sessions: usize) -> Result<(), BoxError>;

    async fn measure(&mut self, task: Task) -> Result<Outcome, BoxError>;
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rust => "Rust",
            Self::Node => "Node",
            Self::Axum => "axum",
            Self::Koa => "Koa",
        })
    }
}

/// `Rust/pg-session`.
impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.group, self.name)
    }
}
