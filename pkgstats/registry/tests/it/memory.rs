//! The memory that npm's longest packuments take, measured in a process that does nothing else.

use std::process::Command;

use pkgstats_registry::Registry;

use crate::support::pinned;

const ADDRESS: &str = "PKGSTATS_TEST_ADDRESS";

/// Linux counts the highest memory of a process.
fn highest_memory_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// The other process: it reads the packument and the tarball, and prints the memory that took.
#[tokio::test]
#[ignore = "started by the test below"]
async fn reader() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let registry = Registry::builder().registry(address).build().unwrap();
    let packument = registry.packument("@types/node", None).await.unwrap().into_value().unwrap();
    let contents = registry.tarball("@types/node", packument.latest().unwrap()).await.unwrap();
    println!(
        "versions={} files={} memory={}",
        packument.versions.len(),
        contents.files.len(),
        highest_memory_kb().unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packument_of_nine_megabytes_takes_less_than_150_mb() {
    if highest_memory_kb().is_none() {
        return;
    }
    let Some(loopback) = pinned().await else { return };
    loopback.add_old_versions("@types/node", 3_600);
    let address = loopback.url();
    let length = reqwest::get(format!("{address}@types%2Fnode")).await.unwrap().bytes().await.unwrap().len();
    assert!(length > 9_400_000, "{length} bytes");
    let reader = move || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["memory::reader", "--exact", "--ignored", "--nocapture"]).env(ADDRESS, address).output().unwrap()
    };
    let output = tokio::task::spawn_blocking(reader).await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    let field = |name: &str| -> u64 {
        let value = text.split_once(&format!("{name}=")).unwrap().1;
        value.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
    };
    println!("{length} bytes: {} kB", field("memory"));
    assert_eq!((field("versions"), field("files")), (3_601, 92));
    assert!(field("memory") < 150_000, "{} kB", field("memory"));
}
