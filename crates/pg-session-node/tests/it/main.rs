//! Node and Rust together, which needs the addon in its place: see `cargo xtask test`.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, its helpers too")]

mod apps;
mod rust;
mod tls;

use std::process::Command;

/// Runs a program in Node, which must succeed, and answers what it prints.
fn node(program: &str, environment: &[(&str, &str)]) -> String {
    let mut node = Command::new("node");
    node.args(["-e", program]).current_dir(env!("CARGO_MANIFEST_DIR")).envs(environment.iter().copied());
    let output = node.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
