//! The report: the medians in one table.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::json;

use crate::figures::Figures;
use crate::load::Load;
use crate::scenario::Scenario;

pub(crate) struct Report {
    load: Load,
    runs: u32,
    scenarios: Vec<(Scenario, Vec<Figures>)>,
}

impl Report {
    pub(crate) fn new(load: Load, runs: u32) -> Self {
        Self { load, runs, scenarios: Vec::new() }
    }

    pub(crate) fn add(&mut self, scenario: Scenario, runs: Vec<Figures>) {
        self.scenarios.push((scenario, runs));
    }

    /// Prints the table, and writes it to this folder as Markdown and JSON.
    pub(crate) fn write(&self, dir: &Path) -> io::Result<()> {
        let table = self.markdown();
        println!("{table}");
        fs::create_dir_all(dir)?;
        fs::write(dir.join("outages.md"), table)?;
        let scenarios = self.scenarios.iter().map(|(scenario, runs)| {
            json!({ "scenario": scenario.to_string(), "median": Figures::median(runs), "runs": runs })
        });
        let json = json!({
            "callers": self.load.callers,
            "pause_ms": self.load.pause.as_millis(),
            "load_average": load_average(),
            "scenarios": scenarios.collect::<Vec<_>>(),
        });
        fs::write(dir.join("outages.json"), format!("{json:#}\n"))?;
        eprintln!("wrote {}.md and .json", dir.join("outages").display());
        Ok(())
    }

    fn markdown(&self) -> String {
        let Load { callers, pause } = self.load;
        let mut text = format!(
            "{callers} callers, each pausing {pause:?} after a call; medians of {} runs; load average of the machine {}. A store has \
             recovered when each operation succeeds and a call that begins then fails no more.\n\n\
             | outage | calls | failed | longest call | recovered after | logins | a second | warnings | failed, by kind |\n\
             |---|---|---|---|---|---|---|---|---|\n",
            self.runs,
            load_average(),
        );
        for (scenario, runs) in &self.scenarios {
            let median = Figures::median(runs);
            let kinds: Vec<_> = median.failed_by_kind.iter().map(|(kind, count)| format!("{kind}: {count}")).collect();
            text += &format!(
                "| {scenario} | {} | {} | {} ms | {} | {} | {:.1} | {} | {} |\n",
                median.calls,
                median.failed,
                median.longest_call_ms,
                median.recovery(),
                median.logins,
                median.logins_per_second,
                median.warnings,
                kinds.join(", "),
            );
        }
        text
    }
}

/// Returns how many processes the machine had to run in the last minute, if it says so.
fn load_average() -> String {
    let averages = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    averages.split(' ').next().filter(|first| !first.is_empty()).unwrap_or("unknown").to_owned()
}
