//! The length in a message's header reserves no memory: it grows as the bytes arrive. Runs in a process of its own, where
//! no other test uses memory.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect should fail")]

use std::fs;
use std::time::Duration;

use pg_session::PgStore;
use pg_session_testkit::{Database, Fault, Faults, Proxy};

/// The most that may be reserved beyond what the store had before, in KiB.
const MOST: u64 = 64 * 1024;

/// Returns the peak size of this process's address space, in KiB, whether it was written to or not.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmPeak:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_header_that_announces_two_gigabytes_takes_no_memory() {
    let database = Database::new();
    let proxy = Proxy::start(&database.url()).await.unwrap();
    let store = PgStore::builder(proxy.url()).timeout(Duration::from_millis(300)).build().unwrap();
    store.setup().await.unwrap();
    let calls = async || {
        for id in 0..20 {
            // Some fail.
            let _ = store.get(&id.to_string()).await;
            let _ = store.set(&id.to_string(), &id, None).await;
        }
    };
    let every_eighth = |fault| {
        let mut answers = 0..;
        Faults::by_rule(1, move |_| (answers.next()? % 8 == 0).then_some(fault))
    };
    // All buffers have been allocated once, also those of connecting.
    proxy.misbehave(every_eighth(Fault::Truncated));
    calls().await;
    let before = peak();
    proxy.misbehave(every_eighth(Fault::HugeLength));
    let struck = proxy.struck();
    calls().await;
    assert!(proxy.struck() > struck);
    let more = peak() - before;
    assert!(more < MOST, "{more} KiB were reserved");
}
