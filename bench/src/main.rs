//! The store and its peers, side by side in one run: `cargo xtask bench --help`.

mod load;
mod report;
mod sides;

use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use pg_session_testkit::Server;

use load::{Operation, measure};
use report::Report;
use sides::{Bare, Failure, Ours, Redis, Side, SqlxStore};

/// Measures pg-session beside its peers, all in one run, in turns.
///
/// Starts a durable PostgreSQL (fsync on) and two Redis servers of its own, and fills each with the same sessions.
/// What counts are the ratios: absolute numbers drift from run to run.
#[derive(Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench", verbatim_doc_comment)]
struct Bench {
    /// A second a cell and three rounds, instead of three seconds and five rounds.
    #[arg(long)]
    quick: bool,

    /// Sessions to fill in.
    #[arg(long, default_value_t = 100_000)]
    sessions: usize,

    /// Numbers of callers.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 256, 2048])]
    callers: Vec<usize>,

    /// Only these sides.
    #[arg(long, value_delimiter = ',')]
    sides: Vec<String>,

    /// Only these operations.
    #[arg(long, value_enum, value_delimiter = ',')]
    operations: Vec<Operation>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let bench = Bench::parse();
    let server = Server::builder().durable(true).setting("shared_buffers", "512MB").start()?;
    let url = server.socket_url("postgres");
    let mut sides: Vec<Arc<dyn Side>> =
        vec![Arc::new(Ours::new(&url).await?), Arc::new(SqlxStore::new(&url).await?), Arc::new(Bare::new(&url).await?)];
    for durable in [false, true] {
        match Redis::start(durable).await {
            Ok(redis) => sides.push(Arc::new(redis)),
            Err(error) => eprintln!("without Redis: {error}; install it, for example by apt-get install redis-server"),
        }
    }
    sides.retain(|side| bench.sides.is_empty() || bench.sides.iter().any(|name| name == side.name()));

    for side in &sides {
        eprintln!("filling {} with {} sessions", side.name(), bench.sessions);
        load::fill(side, bench.sessions).await?;
    }
    let operations = if bench.operations.is_empty() { Operation::ALL.to_vec() } else { bench.operations };
    let (rounds, time) = if bench.quick { (3, Duration::from_secs(1)) } else { (5, Duration::from_secs(3)) };
    let mut report = Report::new(bench.sessions, time, &server);
    for round in 1..=rounds {
        for operation in &operations {
            for callers in &bench.callers {
                eprintln!("round {round} of {rounds}: {operation:?}, {callers} callers");
                for side in sides.iter().filter(|side| side.does(*operation, *callers)) {
                    report.add(
                        side.name(),
                        *operation,
                        *callers,
                        measure(side, *operation, *callers, bench.sessions, time).await?,
                    );
                }
            }
        }
    }
    report.write()?;
    Ok(())
}
