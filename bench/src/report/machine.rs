//! The machine, and the versions of everything measured.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::process::Command;

use serde::Serialize;
use serde_json::Value;

use crate::error::BoxError;
use crate::servers::Servers;

const CRATES: [&str; 7] = [
    "axum",
    "fred",
    "pg-session",
    "tokio",
    "tokio-postgres",
    "tower-sessions-redis-store",
    "tower-sessions-sqlx-store",
];
const PACKAGES: [&str; 7] =
    ["autocannon", "connect-pg-simple", "connect-redis", "koa", "koa-generic-session", "koa-redis", "redis"];

#[derive(Default, Serialize)]
pub(crate) struct Machine {
    cpu: String,
    cores: usize,
    memory: String,
    kernel: String,
    versions: BTreeMap<String, String>,
}

impl Machine {
    pub(crate) async fn inspect(servers: &Servers) -> Result<Self, BoxError> {
        let client = servers.client().await?;
        let mut versions = locked_crates(include_str!("../../../Cargo.lock"));
        versions.extend(locked_packages(include_str!("../../node/package-lock.json"))?);
        versions.insert("PostgreSQL".into(), client.query_one("SHOW server_version", &[]).await?.get(0));
        versions.insert("Redis".into(), version_of("redis-server"));
        versions.insert("Node".into(), version_of("node"));
        Ok(Self {
            cpu: field("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory: gibibytes(&field("/proc/meminfo", "MemTotal")),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").map_or(unknown(), |text| text.trim().to_owned()),
            versions,
        })
    }

    /// Lists all versions as `axum 0.8.9, …`.
    pub(crate) fn versions(&self) -> String {
        let versions: Vec<_> = self.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
        versions.join(", ")
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} cores, {}, kernel {}", self.cpu, self.cores, self.memory, self.kernel)
    }
}

fn unknown() -> String {
    "unknown".to_owned()
}

/// Returns the value of a line such as `model name : …`.
fn field(path: &str, name: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'));
    line.map_or(unknown(), |value| value.trim().to_owned())
}

/// Formats `24684096 kB` as `23.5 GiB`.
fn gibibytes(memory: &str) -> String {
    let kilobytes = memory.strip_suffix(" kB").and_then(|number| number.parse::<f64>().ok());
    kilobytes.map_or(unknown(), |kilobytes| format!("{:.1} GiB", kilobytes / 1024.0 / 1024.0))
}

/// Returns the version that a program prints: Redis `v=7.0.15`, Node `v20.20.2`.
fn version_of(program: &str) -> String {
    let output = Command::new(program).arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let version = text.split_whitespace().find_map(|word| word.strip_prefix("v=").or(word.strip_prefix('v')));
    version.map_or(unknown(), str::to_owned)
}

fn locked_crates(lock: &str) -> BTreeMap<String, String> {
    let packages = lock.split("[[package]]").filter_map(|package| {
        let value = |key| package.lines().find_map(|line| line.strip_prefix(key)?.strip_suffix('"'));
        Some((value("name = \"")?, value("version = \"")?))
    });
    packages
        .filter(|(name, _)| CRATES.contains(name))
        .map(|(name, version)| (name.to_owned(), version.to_owned()))
        .collect()
}

fn locked_packages(lock: &str) -> Result<BTreeMap<String, String>, BoxError> {
    let lock: Value = serde_json::from_str(lock)?;
    let version = |name: &&str| lock["packages"][format!("node_modules/{name}")]["version"].as_str().map(str::to_owned);
    Ok(PACKAGES.iter().filter_map(|name| Some(((*name).to_owned(), version(name)?))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_shown_in_gibibytes() {
        assert_eq!((gibibytes("24684096 kB"), gibibytes("?")), ("23.5 GiB".to_owned(), "unknown".to_owned()));
    }

    #[test]
    fn every_version_is_found_in_the_lock_files() {
        let crates = locked_crates(include_str!("../../../Cargo.lock"));
        let packages = locked_packages(include_str!("../../node/package-lock.json")).unwrap();
        assert_eq!((crates.len(), packages.len()), (CRATES.len(), PACKAGES.len()), "{crates:?} {packages:?}");
        assert!(
            crates.values().chain(packages.values()).all(|version| version.starts_with(|c: char| c.is_ascii_digit()))
        );
    }
}
