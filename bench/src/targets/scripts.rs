//! The scripts in `bench/node`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Returns whether Node and the packages of `bench/node` are installed.
pub(crate) fn runnable() -> bool {
    let mut node = Command::new("node");
    let status = node.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success()) && path("node_modules").is_dir()
}

pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("node").join(name)
}
