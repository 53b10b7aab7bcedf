//! Whose answers are checked.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use clap::ValueEnum;
use pg_session_check::{ConnectPgSimple, Failure, Killer, Ours, Run, SqlxStore, Store, Workload, check, run};
use pg_session_testkit::Server;
use tokio_postgres::NoTls;

use crate::report::Outcome;

/// How many violations of ours are told in full.
const TOLD: usize = 5;

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Side {
    PgSession,
    TowerSessionsSqlxStore,
    ConnectPgSimple,
}

impl Side {
    pub(crate) const ALL: [Self; 3] = [Self::PgSession, Self::TowerSessionsSqlxStore, Self::ConnectPgSimple];

    pub(crate) fn is_ours(self) -> bool {
        self == Self::PgSession
    }

    pub(crate) fn is_installed(self) -> bool {
        let mut node = Command::new("node");
        node.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        self != Self::ConnectPgSimple || node_modules().is_dir() && node.status().is_ok_and(|status| status.success())
    }

    /// Makes the calls, in a database of their own, and looks at the answers.
    pub(crate) async fn check(self, server: &Server, workload: Workload, kills: bool) -> Result<Outcome, Failure> {
        let name = format!("{self}{}", if kills { ", connections killed" } else { "" });
        eprintln!("{name}: {} calls", workload.calls);
        let url = new_database(server, &format!("{self}{}", if kills { "-killed" } else { "" })).await?;
        let began = Instant::now();
        let (Run { history, failed, failure }, killed) = match self {
            Self::PgSession => made([Ours::new(&url).await?, Ours::new(&url).await?], workload, &url, kills).await?,
            Self::TowerSessionsSqlxStore => {
                made([SqlxStore::new(&url).await?, SqlxStore::new(&url).await?], workload, &url, kills).await?
            }
            Self::ConnectPgSimple => {
                let start = async || ConnectPgSimple::start(&url, &node_modules()).await;
                made([start().await?, start().await?], workload, &url, kills).await?
            }
        };
        let seconds = began.elapsed().as_secs_f64();
        if let Some(failure) = &failure {
            eprintln!("{name}: {failed} calls failed, the first: {failure}");
        }
        eprintln!("{name}: looking at the answers");
        let violations = check(&history);
        for violation in violations.iter().take(if self.is_ours() { TOLD } else { 0 }) {
            eprintln!("\n{}", violation.excerpt(&history));
        }
        Ok(Outcome::new(self, killed, history.calls.len(), seconds, failed, failure, &violations))
    }
}

/// The calls, and how many connections were killed meanwhile.
async fn made<S: Store>(
    stores: [S; 2],
    workload: Workload,
    url: &str,
    kills: bool,
) -> Result<(Run, Option<u64>), Failure> {
    if !kills {
        return Ok((run(stores, workload).await, None));
    }
    let killer = Killer::start(url).await?;
    let run = run(stores, workload).await;
    Ok((run, Some(killer.stop().await?)))
}

async fn new_database(server: &Server, name: &str) -> Result<String, Failure> {
    let (client, connection) = tokio_postgres::connect(&server.url("postgres"), NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute(&format!("CREATE DATABASE \"{name}\"")).await?;
    Ok(server.url(name))
}

/// Where npm has put connect-pg-simple.
fn node_modules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../bench/node/node_modules")
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PgSession => "pg-session",
            Self::TowerSessionsSqlxStore => "tower-sessions-sqlx-store",
            Self::ConnectPgSimple => "connect-pg-simple",
        })
    }
}
