//! axe-core, which finds violations of the guidelines for accessibility.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

/// The folder with `package.json`.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser");

/// Returns the script, which npm fetches once, or why it is not there.
pub(crate) fn script() -> Result<&'static str, &'static str> {
    static SCRIPT: LazyLock<Result<String, &str>> = LazyLock::new(|| {
        let folder = Path::new(FOLDER);
        let json =
            |file: &str| -> Option<Value> { serde_json::from_str(&fs::read_to_string(folder.join(file)).ok()?).ok() };
        let wanted = json("package.json").unwrap()["devDependencies"]["axe-core"].clone();
        let is_there = json("node_modules/axe-core/package.json").is_some_and(|package| package["version"] == wanted);
        if !is_there {
            let mut npm = Command::new("npm");
            npm.args(["ci", "--ignore-scripts", "--loglevel=error"]).current_dir(folder).stdout(Stdio::null());
            let is_fetched = npm.status().is_ok_and(|status| status.success());
            is_fetched.then_some(()).ok_or("npm cannot fetch axe-core")?;
        }
        fs::read_to_string(folder.join("node_modules/axe-core/axe.min.js")).map_err(|_| "axe-core has no axe.min.js")
    });
    SCRIPT.as_deref().map_err(|problem| *problem)
}
