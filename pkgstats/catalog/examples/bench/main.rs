//! Measures the catalogue at full scale, and checks its figures: `cargo xtask pkgstats --help`.

mod checks;
mod error;
mod load;
mod memory;
mod site;

use std::fs::File;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};
use flate2::{Compression, GzBuilder};
use pkgstats_catalog::{Import, Report};

use crate::error::BoxError;
use crate::load::{Load, Times};
use crate::site::Site;

/// The bounds of the specification.
const SEARCH_P95: Duration = Duration::from_millis(20);
const SUGGEST_P95: Duration = Duration::from_millis(10);
const IMPORT: Duration = Duration::from_secs(180);
const MEMORY: u64 = 150 << 20;

/// The packages of the slice, besides those with example names.
const SLICE_TOP: u32 = 5_000;
const SLICE_SOURCE: &str = "From the npm packages download-counts 2.20260301.0 and 2.20251201.0 (Mark Amery, Zeke \
                            Sikelianos), all-the-package-names 2.0.2578 and all-the-package-repos 2.0.3148 (Zeke \
                            Sikelianos), MIT License.";

#[derive(Parser)]
#[command(name = "cargo xtask pkgstats", bin_name = "cargo xtask pkgstats")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do with the catalogue at full scale.
#[derive(Subcommand)]
enum Command {
    /// Fetch all files with npm, and import everything.
    Data,
    /// Write the slice that the crate ships, from a catalogue with everything.
    Slice,
    /// Measure searches, suggestions, an import while searches go on, and memory, and check the figures.
    Bench {
        /// How often each query is measured.
        #[arg(long, default_value_t = 20)]
        rounds: usize,

        /// Leave out the import.
        #[arg(long)]
        no_import: bool,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), BoxError> {
    let site = Site::start().await?;
    match Args::parse().command {
        Command::Data => {
            report(&site.catalog.import(site.everything()?).await?);
            Ok(())
        }
        Command::Slice => slice(&site).await,
        Command::Bench { rounds, no_import } => bench(&site, rounds, no_import).await,
    }
}

/// Imports everything, if no earlier run has done that.
async fn import_once(site: &Site) -> Result<(), BoxError> {
    if site.catalog.generation().await?.id == 0 {
        report(&site.catalog.import(site.everything()?).await?);
    }
    Ok(())
}

async fn slice(site: &Site) -> Result<(), BoxError> {
    import_once(site).await?;
    let names: Vec<String> = pkgstats_catalog::example_names().map(str::to_owned).collect();
    let lines = site.catalog.export(SLICE_SOURCE, SLICE_TOP, &names).await?;
    let file = File::create(concat!(env!("CARGO_MANIFEST_DIR"), "/data/slice.jsonl.gz"))?;
    // The same content gives the same file: the header has no time.
    let mut file = GzBuilder::new().write(file, Compression::best());
    file.write_all(lines.as_bytes())?;
    println!("wrote {} bytes", file.finish()?.metadata()?.len());
    Ok(())
}

async fn bench(site: &Site, rounds: usize, no_import: bool) -> Result<(), BoxError> {
    import_once(site).await?;
    let mut failures = checks::failures(&site.catalog).await?;
    let load = Load::new(site.catalog.clone());
    load.searches(1).await?;
    load.suggestions(1).await?;
    let (searches, suggestions) = (load.searches(rounds).await?, load.suggestions(rounds).await?);
    searches.print("search");
    suggestions.print("suggest");
    check(&mut failures, "search p95", searches.p95() <= SEARCH_P95);
    check(&mut failures, "suggest p95", suggestions.p95() <= SUGGEST_P95);
    let searching = memory::peak()?;
    println!("memory of a process that searches: {} MB at most", searching >> 20);
    check(&mut failures, "memory while searching", searching <= MEMORY);
    if !no_import {
        let (imported, meanwhile) = import_while_searching(site.everything()?, site, &load).await?;
        report(&imported);
        meanwhile.print("search during the import");
        let importing = memory::peak()?;
        println!("memory of a process that imports: {} MB at most", importing >> 20);
        check(&mut failures, "import time", imported.duration <= IMPORT);
        check(&mut failures, "memory while importing", importing <= MEMORY);
        failures.extend(checks::failures(&site.catalog).await?);
    }
    if failures.is_empty() {
        println!("all checks passed");
        return Ok(());
    }
    Err(format!("failed: {}", failures.join("; ")).into())
}

async fn import_while_searching(import: Import, site: &Site, load: &Load) -> Result<(Report, Times), BoxError> {
    let importing = site.catalog.clone();
    let import = tokio::spawn(async move { importing.import(import).await });
    let start = Instant::now();
    let mut times = Times::default();
    while !import.is_finished() {
        times.extend(load.searches(1).await?);
        if start.elapsed() > 10 * IMPORT {
            return Err("the import does not end".into());
        }
    }
    Ok((import.await??, times))
}

fn check(failures: &mut Vec<String>, what: &str, holds: bool) {
    if !holds {
        failures.push(what.to_owned());
    }
}

fn report(report: &Report) {
    println!("imported {} packages in {:.1} s", report.packages, report.duration.as_secs_f64());
    for (kind, rows) in &report.rows {
        println!("  {kind}: {rows}");
    }
}
