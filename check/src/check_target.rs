//! Runs one workload on one target and checks the answers.

use std::time::Instant;

use pg_session_check::{BoxError, ConnectPgSimple, Run, SqlxStore, Workload, check};
use pg_session_testkit::Server;
use tokio_postgres::NoTls;

use crate::outcome::{Outcome, count};
use crate::target::{Target, node_modules};
use crate::variant::Variant;

/// How many violations of pg-session are printed in full.
const EXCERPTS: usize = 5;

/// Makes the calls in a new database, and checks the answers.
pub(crate) async fn check_target(
    target: Target,
    server: &Server,
    workload: Workload,
    variant: Variant,
) -> Result<Outcome, BoxError> {
    let name = format!("{target}{variant}");
    eprintln!("{name}: {} calls", workload.calls);
    let url = create_database(server, &format!("{target}-{variant:?}").to_lowercase()).await?;
    let began = Instant::now();
    let (Run { history, failed, failure }, disturbances) = match target {
        Target::PgSession => variant.run_pg_session(&url, workload).await?,
        Target::TowerSessionsSqlxStore => {
            variant.run([SqlxStore::new(&url).await?, SqlxStore::new(&url).await?], &url, workload).await?
        }
        Target::ConnectPgSimple => {
            let start = async || ConnectPgSimple::start(&url, &node_modules()).await;
            variant.run([start().await?, start().await?], &url, workload).await?
        }
    };
    let seconds = began.elapsed().as_secs_f64();
    if let Some(failure) = &failure {
        eprintln!("{name}: {failed} calls failed; the first error: {failure}");
    }
    eprintln!("{name}: checking the answers");
    let violations = check(&history);
    for violation in violations.iter().take(if target.is_pg_session() { EXCERPTS } else { 0 }) {
        eprintln!("\n{}", violation.excerpt(&history));
    }
    Ok(Outcome {
        target,
        name,
        may_fail: variant.may_fail() || !target.is_pg_session(),
        calls: history.calls.len(),
        seconds,
        disturbances,
        failed,
        failure,
        violations: count(&violations),
    })
}

async fn create_database(server: &Server, name: &str) -> Result<String, BoxError> {
    let (client, connection) = tokio_postgres::connect(&server.url("postgres"), NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute(&format!("CREATE DATABASE \"{name}\"")).await?;
    Ok(server.url(name))
}
