//! All targets, and how each is started.

mod http;
mod in_process;
mod node;
mod pg_session;
mod pgbench;
mod prepared;
pub(crate) mod redis;
mod scripts;
pub(crate) mod tower_sessions;
mod updates;

use http::Http;
use in_process::InProcess;
use node::Node;
use pgbench::Pgbench;
use prepared::Prepared;
use redis::Fred;
use tower_sessions::TowerSessions;

pub(crate) use self::pg_session::PgSession;

use crate::error::BoxError;
use crate::servers::{Redises, Servers};
use crate::target::{
    CONNECT_PG_SIMPLE, CONNECT_REDIS, FRED, FRED_DURABLE, Group, KOA_REDIS, Label, PG_SESSION, PG_SESSION_IN_RUST,
    PGBENCH, PGBENCH_BATCH, PREPARED, SQLX, TOWER_REDIS, TOWER_REDIS_DURABLE, Target,
};
use crate::task::Operation;

type Targets = Vec<Box<dyn Target>>;

/// Starts all wanted targets that these servers and this machine allow. pg-session's table must exist.
pub(crate) async fn start(servers: &Servers, wanted: impl Fn(&str) -> bool) -> Result<Targets, BoxError> {
    let wants = |group, name| wanted(&Label { group, name }.to_string());
    let mut targets = on_postgres(servers, &wants).await?;
    match servers.program("pgbench") {
        Some(program) => {
            for (name, batch) in [(PGBENCH, false), (PGBENCH_BATCH, true)] {
                if wants(Group::Rust, name) {
                    targets.push(Box::new(Pgbench::new(program.clone(), servers, batch)?));
                }
            }
        }
        None => eprintln!("skipping pgbench: it is not installed beside PostgreSQL's other programs"),
    }
    let Some(redises) = &servers.redis else { return Ok(targets) };
    targets.extend(on_redis(redises, &wants).await?);
    if scripts::runnable() {
        targets.extend(in_node_and_over_http(servers, redises, &wants).await?);
    } else {
        eprintln!("skipping Node and HTTP: install Node, and run `npm ci` in bench/node");
    }
    Ok(targets)
}

fn in_rust(name: &'static str) -> Label {
    Label { group: Group::Rust, name }
}

async fn on_postgres(servers: &Servers, wants: &impl Fn(Group, &'static str) -> bool) -> Result<Targets, BoxError> {
    let url = servers.url();
    let mut targets: Targets = Vec::new();
    if wants(Group::Rust, PG_SESSION) {
        targets.push(Box::new(InProcess::new(PG_SESSION_IN_RUST, PgSession::new(&url, "session").await?)));
        targets.extend(updates::targets(&url).await?);
    }
    if wants(Group::Rust, SQLX) {
        targets.push(Box::new(InProcess::new(in_rust(SQLX), TowerSessions(tower_sessions::sqlx_store(&url).await?))));
    }
    if wants(Group::Rust, PREPARED) {
        let single_gets = |operation, callers| operation == Operation::Get && callers == 1;
        targets.push(Box::new(InProcess::new(in_rust(PREPARED), Prepared::new(&url).await?).only(single_gets)));
    }
    Ok(targets)
}

async fn on_redis(redises: &Redises, wants: &impl Fn(Group, &'static str) -> bool) -> Result<Targets, BoxError> {
    let mut targets: Targets = Vec::new();
    for (redis, fred, tower) in
        [(&redises.in_memory, FRED, TOWER_REDIS), (&redises.durable, FRED_DURABLE, TOWER_REDIS_DURABLE)]
    {
        let socket = redis.socket();
        if wants(Group::Rust, fred) {
            targets.push(Box::new(InProcess::new(in_rust(fred), Fred::new(socket).await?)));
        }
        if wants(Group::Rust, tower) {
            let store = TowerSessions(tower_sessions::redis_store(socket).await?);
            targets.push(Box::new(InProcess::new(in_rust(tower), store)));
        }
    }
    Ok(targets)
}

async fn in_node_and_over_http(
    servers: &Servers,
    redises: &Redises,
    wants: &impl Fn(Group, &'static str) -> bool,
) -> Result<Targets, BoxError> {
    let redis = &redises.in_memory;
    let mut targets: Targets = Vec::new();
    for name in [PG_SESSION, CONNECT_PG_SIMPLE, CONNECT_REDIS] {
        if wants(Group::Node, name) {
            targets.push(Box::new(Node::start(name, servers, redis)?));
        }
    }
    for (group, name) in [
        (Group::Axum, PG_SESSION),
        (Group::Axum, SQLX),
        (Group::Axum, TOWER_REDIS),
        (Group::Koa, PG_SESSION),
        (Group::Koa, KOA_REDIS),
    ] {
        if wants(group, name) {
            targets.push(Box::new(Http::start(Label { group, name }, servers, redis).await?));
        }
    }
    Ok(targets)
}
