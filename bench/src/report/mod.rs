//! Writes the results of a run as tables, as JSON and as a chart.

mod chart;
mod goals;
mod machine;
mod results;
mod table;

use std::fs;
use std::io;
use std::path::Path;

use serde_json::json;

pub(crate) use machine::Machine;
pub(crate) use results::Results;

use crate::plan::Plan;
use crate::servers::SHARED_BUFFERS;

/// Prints the tables, and writes them to `bench/results` with JSON and a chart.
pub(crate) fn write(results: &Results, machine: &Machine, plan: &Plan) -> io::Result<()> {
    let (rows, goals) = (results.rows(), goals::all(results));
    let settings = json!({
        "sessions": plan.sessions,
        "rounds": plan.rounds,
        "seconds_per_measurement": plan.seconds,
        "fsync": true,
        "shared_buffers": SHARED_BUFFERS,
    });
    let tables = table::markdown(&rows, &goals, machine, &settings);
    println!("{tables}");

    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    fs::create_dir_all(&dir)?;
    let json = json!({
        "machine": machine,
        "settings": settings,
        "goals": goals,
        "rows": rows,
        "wal": results.wal,
        "memory": results.memory,
        "merges": results.merges,
        "million_sessions": results.million_sessions,
    });
    let file = |extension| dir.join(plan.name).with_extension(extension);
    fs::write(file("json"), format!("{json:#}\n"))?;
    fs::write(file("md"), tables)?;
    fs::write(file("svg"), chart::svg(&rows, &machine.to_string()))?;
    eprintln!("wrote {}.md, .json and .svg", dir.join(plan.name).display());
    Ok(())
}
