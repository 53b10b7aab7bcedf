//! Tests of Node and Rust together. They need the addon in its place; `cargo xtask test` puts it there.

#![expect(clippy::unwrap_used, reason = "tests and their helpers fail by a panic")]

mod apps;
mod rust;
mod tls;

use std::process::Command;

/// Runs a Node program, which must succeed. Returns its output.
fn node(program: &str, environment: &[(&str, &str)]) -> String {
    let mut node = Command::new("node");
    node.args(["-e", program]).current_dir(env!("CARGO_MANIFEST_DIR")).envs(environment.iter().copied());
    let output = node.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
