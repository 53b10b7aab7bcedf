//! The structure of the sources: no import cycles, and no long files.

mod graph;
mod javascript;
mod javascript_tokens;
mod length;
mod paths;
mod rust;

use std::path::Path;
use std::process::Command;

use clap::Args;
use serde_json::Value;

use crate::error::Error;
use crate::node;
use crate::structure::graph::Graph;
use crate::workspace::workspace;

const REMEDY: &str = "Import an item from the file that defines it, not through a parent module that re-exports it. \
                      Move what two files need from each other into a third file below both.";

/// Check that no files import each other in a cycle.
///
/// Reads the sources of all crates in the workspace, and of the npm package. Test modules do not count. Also fails if a
/// file has more than 400 lines.
#[derive(Args)]
#[command(after_help = "Example of a reported cycle:\n  \
                        crates/a/src: one.rs → two.rs (uses Two) → one.rs (uses One)")]
pub(crate) struct Structure {}

impl Structure {
    pub(crate) fn run(self) -> Result<(), Error> {
        check()
    }
}

pub(crate) fn check() -> Result<(), Error> {
    let mut sources = Vec::new();
    let crate_roots = crate_roots()?;
    for root in &crate_roots {
        sources.push(rust::graph(workspace(), root)?);
    }
    sources.push(javascript::graph(workspace(), &node::package())?);
    let cycles: Vec<_> = sources.iter().flat_map(Graph::cycles).collect();
    let too_long = length::check(workspace(), sources.iter().flat_map(Graph::files))?;
    if cycles.is_empty() && too_long.is_empty() {
        let files: usize = sources.iter().map(|graph| graph.files().count()).sum();
        println!("no import cycles in {files} files of {} crates and the npm package", crate_roots.len());
        return Ok(());
    }
    let mut report: Vec<String> = Vec::new();
    if !cycles.is_empty() {
        report.push(format!("files import each other in {} cycles:", cycles.len()));
        report.extend(cycles);
        report.push(REMEDY.to_owned());
    }
    report.extend(too_long);
    Err(Error::Structure(report.join("\n")))
}

/// Returns the root files of all libraries and programs in the workspace, relative to it.
fn crate_roots() -> Result<Vec<String>, Error> {
    let command = "cargo metadata";
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(workspace())
        .output()
        .map_err(|source| Error::Run { command: command.to_owned(), source })?;
    if !output.status.success() {
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        return Err(Error::Failed { command: command.to_owned(), status: output.status });
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let array = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let packages = array(&metadata["packages"]);
    let targets = packages.iter().flat_map(|package| array(&package["targets"]));
    let is_checked = |target: &Value| {
        array(&target["kind"])
            .iter()
            .any(|kind| matches!(kind.as_str(), Some("lib" | "bin" | "rlib" | "cdylib" | "proc-macro")))
    };
    let root = |target: Value| {
        let path = Path::new(target["src_path"].as_str()?).strip_prefix(workspace()).ok()?;
        Some(path.to_string_lossy().into_owned())
    };
    Ok(targets.filter(is_checked).filter_map(root).collect())
}
