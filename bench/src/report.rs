//! The medians and their ratios: as a table to read, and as JSON.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use pg_session_testkit::{Programs, Server};
use serde::Serialize;

use crate::load::{Operation, Outcome};

const OURS: &str = "pg-session";

pub(crate) struct Report {
    settings: Settings,
    cells: BTreeMap<(Operation, usize, &'static str), Vec<Outcome>>,
}

#[derive(Serialize)]
struct Settings {
    sessions: usize,
    seconds_a_cell: f64,
    cores: usize,
    postgresql: u32,
    fsync: bool,
}

#[derive(Serialize)]
struct Line {
    operation: Operation,
    callers: usize,
    side: &'static str,
    median: Outcome,
    /// Ours by this side's.
    ratio: Option<f64>,
}

impl Report {
    pub(crate) fn new(sessions: usize, time: Duration, _server: &Server) -> Self {
        let settings = Settings {
            sessions,
            seconds_a_cell: time.as_secs_f64(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            postgresql: Programs::find().map_or(0, |programs| programs.major()),
            fsync: true,
        };
        Self { settings, cells: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, side: &'static str, operation: Operation, callers: usize, outcome: Outcome) {
        self.cells.entry((operation, callers, side)).or_default().push(outcome);
    }

    /// Prints the table, and writes `bench/results/rust.json`.
    pub(crate) fn write(&self) -> io::Result<()> {
        let lines = self.lines();
        println!("| operation | callers | side | a second | p50 µs | p99 µs | pg-session : side |");
        println!("|---|---|---|---|---|---|---|");
        for Line { operation, callers, side, median, ratio } in &lines {
            let ratio = ratio.map_or("".to_owned(), |ratio| format!("{ratio:.2}"));
            let Outcome { per_second, p50_us, p99_us } = median;
            println!("| {operation:?} | {callers} | {side} | {per_second:.0} | {p50_us:.0} | {p99_us:.0} | {ratio} |");
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
        fs::create_dir_all(&folder)?;
        let json = serde_json::json!({ "settings": self.settings, "lines": lines });
        fs::write(folder.join("rust.json"), format!("{json:#}\n"))
    }

    fn lines(&self) -> Vec<Line> {
        let medians: BTreeMap<_, _> = self.cells.iter().map(|(cell, outcomes)| (*cell, median(outcomes))).collect();
        let line = |(&(operation, callers, side), &median): (&(Operation, usize, &'static str), &Outcome)| {
            let ours = medians.get(&(operation, callers, OURS)).filter(|_| side != OURS);
            Line { operation, callers, side, median, ratio: ours.map(|ours| ours.per_second / median.per_second) }
        };
        medians.iter().map(line).collect()
    }
}

fn median(outcomes: &[Outcome]) -> Outcome {
    let of = |value: fn(&Outcome) -> f64| {
        let mut values: Vec<f64> = outcomes.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    Outcome { per_second: of(|o| o.per_second), p50_us: of(|o| o.p50_us), p99_us: of(|o| o.p99_us) }
}
