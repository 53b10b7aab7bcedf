//! Whose answers are checked.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use clap::ValueEnum;
use pg_session_check::{ConnectPgSimple, Failure, Run, SqlxStore, Workload, check};
use pg_session_testkit::Server;
use tokio_postgres::NoTls;

use crate::report::{Outcome, counted};
use crate::variant::Variant;

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

    /// Whether this workload is for it.
    pub(crate) fn has(self, variant: Variant) -> bool {
        self.is_ours() || matches!(variant, Variant::Plain | Variant::Killed)
    }

    /// Makes the calls, in a database of their own, and looks at the answers.
    pub(crate) async fn check(self, server: &Server, workload: Workload, variant: Variant) -> Result<Outcome, Failure> {
        let name = format!("{self}{variant}");
        eprintln!("{name}: {} calls", workload.calls);
        let url = new_database(server, &format!("{self}-{variant:?}").to_lowercase()).await?;
        let began = Instant::now();
        let (Run { history, failed, failure }, disturbed) = match self {
            Self::PgSession => variant.run_ours(&url, workload).await?,
            Self::TowerSessionsSqlxStore => {
                variant.run([SqlxStore::new(&url).await?, SqlxStore::new(&url).await?], &url, workload).await?
            }
            Self::ConnectPgSimple => {
                let start = async || ConnectPgSimple::start(&url, &node_modules()).await;
                variant.run([start().await?, start().await?], &url, workload).await?
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
        Ok(Outcome {
            side: self,
            name,
            may_fail: variant.may_fail() || !self.is_ours(),
            calls: history.calls.len(),
            seconds,
            disturbed,
            failed,
            failure,
            violations: counted(&violations),
        })
    }
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
