use clap::{Args, Subcommand};
use pg_session_testkit::PgInstall;

use crate::error::Error;
use crate::interrupt::run_or_stop;
use crate::run::run;
use crate::workspace::workspace;

const BENCH: [&str; 5] = ["--release", "--package", "pkgstats-catalog", "--example", "bench"];

/// Fetch and import the whole catalogue of Pkg Stats, and measure it.
///
/// The files are fetched with npm into target/pkgstats-data (130 MB), and the catalogue is kept in a private PostgreSQL in
/// target/pkgstats-bench (3 GB). Builds for release first. Ctrl-C stops the program and PostgreSQL.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Pkgstats {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch all files, and import everything. Takes about two minutes.
    Data,
    /// Measure searches, suggestions, an import while searches go on, and memory. Imports everything first, if that was not
    /// done yet. Fails if a figure of the acceptance cases is wrong, or a bound is exceeded.
    Bench {
        /// How often each query is measured. [default: 20]
        #[arg(long)]
        rounds: Option<usize>,

        /// Leave out the import.
        #[arg(long)]
        no_import: bool,
    },
    /// Write the slice that the repository ships for tests and demos without network. Imports everything first, if that was
    /// not done yet.
    Slice,
}

impl Pkgstats {
    pub(crate) fn run(self) -> Result<(), Error> {
        PgInstall::find_or_fetch()?;
        run(&[&["cargo", "build"], &BENCH[..]].concat(), workspace(), |_| ())?;
        run_or_stop(&[&["cargo", "run", "--quiet"], &BENCH[..], &["--"]].concat(), |bench| {
            match self.command {
                Command::Data => bench.arg("data"),
                Command::Slice => bench.arg("slice"),
                Command::Bench { rounds, no_import } => {
                    let rounds = rounds.map(|rounds| ["--rounds".to_owned(), rounds.to_string()]);
                    bench.arg("bench").args(rounds.into_iter().flatten()).args(no_import.then_some("--no-import"))
                }
            };
        })
    }
}
