//! `pkgstats sync`: reads the details of packages from the registry now.

use std::time::Duration;

use anyhow::{Context, ensure};
use pkgstats::{App, Workers};
use tokio::signal::ctrl_c;
use tokio::time::sleep;

/// How often the progress is shown.
const TICK: Duration = Duration::from_millis(500);

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  pkgstats sync koa express\n  pkgstats sync --top 1000\n  pkgstats sync --starred")]
pub(crate) struct Names {
    /// The packages.
    names: Vec<String>,

    /// Also the most popular ones, so many.
    #[arg(long, value_name = "N")]
    top: Option<usize>,

    /// Also those that somebody has starred.
    #[arg(long)]
    starred: bool,
}

impl Names {
    pub(crate) async fn run(self, app: &App) -> anyhow::Result<()> {
        let mut names = self.names;
        if let Some(top) = self.top {
            names.extend(app.most_popular(top).await?);
        }
        if self.starred {
            names.extend(app.starred_names().await?);
        }
        names.sort();
        names.dedup();
        ensure!(!names.is_empty(), "name packages, or use --top or --starred");
        ensure!(app.reads_a_registry(), "--offline reads nothing; leave it out");
        app.request_details(&names).await?;
        let workers = Workers::start(app);
        let read = tokio::select! {
            read = progress(app, &names) => read,
            _ = ctrl_c() => {
                eprintln!("stopped; `pkgstats serve`, or the same command again, reads the rest");
                Ok(())
            }
        };
        workers.stop().await;
        read
    }
}

/// Shows how many packages were read, until all were. Fails if some could not be read.
async fn progress(app: &App, names: &[String]) -> anyhow::Result<()> {
    loop {
        let pending = app.pending_details(names).await.context("cannot read the queue")?;
        let failed: Vec<_> = pending.iter().filter_map(|(name, problem)| Some((name, problem.as_ref()?))).collect();
        eprint!("\r{} of {} packages read, {} failed", names.len() - pending.len(), names.len(), failed.len());
        if pending.len() == failed.len() {
            eprintln!();
            for (name, problem) in &failed {
                eprintln!("{name}: {problem}");
            }
            ensure!(failed.is_empty(), "{} packages could not be read; they are tried again later", failed.len());
            return Ok(());
        }
        sleep(TICK).await;
    }
}
