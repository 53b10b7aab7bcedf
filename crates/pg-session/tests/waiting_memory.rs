//! Calls that wait take a bounded amount of memory, and give it back. Runs in a process of its own, where no other test uses
//! memory.

#![cfg(all(feature = "native", target_os = "linux"))]
#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect should fail")]

use std::fs;
use std::time::Duration;

use pg_session::{ErrorKind, PgStore};
use pg_session_testkit::Database;
use serde_json::value::RawValue;
use tokio::task::JoinSet;

const MIB: u64 = 1024 * 1024;

/// The limit is 64 MiB. The rest is for connections, for data that is being encoded, and for the allocator.
const MOST: u64 = 160 * MIB;

/// What may stay afterwards: the allocator keeps some for later.
const KEPT: u64 = 48 * MIB;

/// JSON text with a string of this many bytes. Encoding it only copies the text.
fn string(bytes: usize) -> Box<RawValue> {
    RawValue::from_string(format!("\"{}\"", "x".repeat(bytes))).unwrap()
}

/// A value of `/proc/self/status`, in bytes.
fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[tokio::test]
async fn large_calls_take_bounded_memory_and_give_it_back() {
    let database = Database::new();
    let store = PgStore::builder(database.url()).timeout(Duration::from_secs(60)).build().unwrap();
    store.setup().await.unwrap();
    let data: &'static RawValue = Box::leak(string(1_000_000));
    store.set("first", data, None).await.unwrap();
    let other = database.client().await;
    other.batch_execute("BEGIN; LOCK TABLE session IN EXCLUSIVE MODE").await.unwrap();
    let before = status("VmRSS:");
    let mut sets = JoinSet::new();
    for n in 0..10_000 {
        let store = store.clone();
        sets.spawn(async move { store.set(&n.to_string(), data, None).await });
        if n % 100 == 0 {
            tokio::task::yield_now().await;
            // Ends early where memory is not bounded.
            assert!(status("VmRSS:") - before < MOST, "{} calls hold {} MiB", n, (status("VmRSS:") - before) / MIB);
        }
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(status("VmHWM:") - before < MOST, "{} MiB at the peak", (status("VmHWM:") - before) / MIB);
    other.batch_execute("ROLLBACK").await.unwrap();
    let mut stored = 0;
    while let Some(set) = sets.join_next().await {
        match set.unwrap() {
            Ok(()) => stored += 1,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Overloaded, "{error}"),
        }
    }
    assert!(stored >= 45, "only {stored} were stored");
    assert!(store.get("first").await.unwrap().is_some());
    let after = status("VmRSS:");
    assert!(after < before + KEPT, "{} MiB are kept", (after - before) / MIB);
    drop(store);

    let large = string(96 * 1024 * 1024);
    let store = PgStore::builder(database.url()).timeout(Duration::from_secs(60)).max_size(100 * 1024 * 1024);
    let store = store.connections(1).build().unwrap();
    store.set("small", &1, None).await.unwrap();
    let before = status("VmRSS:");
    store.set("large", &large, None).await.unwrap();
    let after = status("VmRSS:");
    assert!(after < before + KEPT, "{} MiB are kept after a large call", (after - before) / MIB);
}
