//! Who is measured.

mod bare;
mod http;
pub(crate) mod node;
mod ours;
mod pgbench;
pub(crate) mod redis;
pub(crate) mod tower;
mod updates;

use std::fmt;

use async_trait::async_trait;
use serde::Serialize;

pub(crate) use ours::Ours;

use crate::load::InProcess;
use crate::servers::Servers;
use crate::task::{Failure, Operation, Outcome, Task};

pub(crate) const OURS: &str = "pg-session";
/// Our own, where the same callers set instead of an update.
pub(crate) const OURS_SET: &str = "pg-session, set instead";
pub(crate) const SQLX: &str = "tower-sessions-sqlx-store";
pub(crate) const TOWER_REDIS: &str = "tower-sessions-redis-store";
pub(crate) const TOWER_REDIS_DURABLE: &str = "tower-sessions-redis-store, appendfsync always";
pub(crate) const FRED: &str = "Redis through fred";
pub(crate) const FRED_DURABLE: &str = "Redis through fred, appendfsync always";
pub(crate) const BARE: &str = "tokio-postgres, prepared";
pub(crate) const PGBENCH: &str = "pgbench -M prepared";
pub(crate) const CEILING: &str = "pgbench, 256 ids a statement on 4 connections";
pub(crate) const CONNECT_PG_SIMPLE: &str = "connect-pg-simple";
pub(crate) const CONNECT_REDIS: &str = "connect-redis";
pub(crate) const KOA_REDIS: &str = "koa-redis";

/// Where a side is called. Within a group, sides are compared.
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

/// The side whose table others read; it comes first.
pub(crate) const OURS_IN_RUST: Label = Label { group: Group::Rust, name: OURS };

/// `Rust/pg-session`.
impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.group, self.name)
    }
}

#[async_trait]
pub(crate) trait Side: Send {
    fn label(&self) -> Label;

    /// Whether this cell tells anything.
    fn does(&self, operation: Operation, callers: usize) -> bool;

    /// Keeps sessions with the numbers from 0 on, and reads some of them back.
    async fn fill(&mut self, sessions: usize) -> Result<(), Failure>;

    async fn measure(&mut self, task: Task) -> Result<Outcome, Failure>;
}

/// All that these servers and this machine allow. Our table is there.
pub(crate) async fn start(servers: &Servers, wanted: impl Fn(&str) -> bool) -> Result<Vec<Box<dyn Side>>, Failure> {
    let url = servers.url();
    let wants = |group, name| wanted(&Label { group, name }.to_string());
    let rust = |name| Label { group: Group::Rust, name };
    let mut sides: Vec<Box<dyn Side>> = Vec::new();
    if wants(Group::Rust, OURS) {
        sides.push(Box::new(InProcess::new(rust(OURS), Ours::new(&url, "session").await?)));
        sides.extend(updates::sides(&url).await?);
    }
    if wants(Group::Rust, SQLX) {
        sides.push(Box::new(InProcess::new(rust(SQLX), tower::Tower(tower::sqlx_store(&url).await?))));
    }
    if wants(Group::Rust, BARE) {
        let alone = |operation, callers| operation == Operation::Get && callers == 1;
        sides.push(Box::new(InProcess::new(rust(BARE), bare::Bare::new(&url).await?).only(alone)));
    }
    match servers.program("pgbench") {
        Some(program) => {
            for (name, many) in [(PGBENCH, false), (CEILING, true)] {
                if wants(Group::Rust, name) {
                    sides.push(Box::new(pgbench::Pgbench::new(program.clone(), servers, many)?));
                }
            }
        }
        None => eprintln!("without pgbench: it is not beside PostgreSQL's other programs"),
    }
    let Some(redises) = &servers.redis else { return Ok(sides) };
    for (redis, raw, tower) in
        [(&redises.in_memory, FRED, TOWER_REDIS), (&redises.durable, FRED_DURABLE, TOWER_REDIS_DURABLE)]
    {
        let socket = redis.socket();
        if wants(Group::Rust, raw) {
            sides.push(Box::new(InProcess::new(rust(raw), redis::Fred::new(socket).await?)));
        }
        if wants(Group::Rust, tower) {
            sides.push(Box::new(InProcess::new(rust(tower), tower_redis(socket).await?)));
        }
    }
    if !node::installed() {
        eprintln!("without Node and HTTP: node is missing, or what `npm ci` installs into bench/node");
        return Ok(sides);
    }
    let redis = &redises.in_memory;
    for name in [OURS, CONNECT_PG_SIMPLE, CONNECT_REDIS] {
        if wants(Group::Node, name) {
            sides.push(Box::new(node::Node::start(name, servers, redis)?));
        }
    }
    for (group, name) in [
        (Group::Axum, OURS),
        (Group::Axum, SQLX),
        (Group::Axum, TOWER_REDIS),
        (Group::Koa, OURS),
        (Group::Koa, KOA_REDIS),
    ] {
        if wants(group, name) {
            sides.push(Box::new(http::Http::start(Label { group, name }, servers, redis).await?));
        }
    }
    Ok(sides)
}

async fn tower_redis(socket: &std::path::Path) -> Result<impl crate::load::Store + 'static, Failure> {
    Ok(tower::Tower(tower_sessions_redis_store::RedisStore::new(redis::connect(socket).await?)))
}
