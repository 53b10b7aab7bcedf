//! Calls that wait take a bounded amount of memory, and give it back. Runs in a process of its own, where no other test uses
//! memory.

#![cfg(feature = "native")]
#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect should fail")]
#![expect(unsafe_code, reason = "only an allocator knows exactly how much memory is in use")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pg_session::{ErrorKind, PgStore};
use pg_session_testkit::Database;
use serde_json::value::RawValue;
use tokio::task::JoinSet;

const MIB: usize = 1024 * 1024;

/// The limit is 64 MiB. The rest is for batches that are being sent, for data that is being encoded, and for the test's tasks.
const MOST: usize = 96 * MIB;

/// The buffers that connections keep.
const KEPT: usize = 4 * MIB;

/// The system's allocator. Counts the bytes in use, and the most of them.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let in_use = IN_USE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(in_use, Ordering::Relaxed);
        // SAFETY: the caller's promise is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is the same.
        unsafe { System.dealloc(memory, layout) }
    }
}

fn in_use() -> usize {
    IN_USE.load(Ordering::Relaxed)
}

/// JSON text with a string of this many bytes. Encoding it only copies the text.
fn string(bytes: usize) -> Box<RawValue> {
    RawValue::from_string(format!("\"{}\"", "x".repeat(bytes))).unwrap()
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
    let before = in_use();
    PEAK.store(before, Ordering::Relaxed);
    let mut sets = JoinSet::new();
    for n in 0..10_000 {
        let store = store.clone();
        sets.spawn(async move { store.set(&n.to_string(), data, None).await });
        if n % 100 == 0 {
            tokio::task::yield_now().await;
            // Ends early where memory is not bounded.
            assert!(in_use() < before + MOST, "{n} calls hold {} MiB", (in_use() - before) / MIB);
        }
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let peak = PEAK.load(Ordering::Relaxed) - before;
    assert!(peak < MOST, "{} MiB at the peak", peak / MIB);
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
    assert!(in_use() < before + KEPT, "{} MiB are kept", (in_use() - before) / MIB);
    drop(store);

    let large = string(64 * MIB);
    let store = PgStore::builder(database.url()).timeout(Duration::from_secs(60)).max_size(100 * MIB);
    let store = store.connections(1).build().unwrap();
    store.set("small", &1, None).await.unwrap();
    let before = in_use();
    store.set("large", &large, None).await.unwrap();
    assert!(in_use() < before + KEPT, "{} MiB are kept after a large call", (in_use() - before) / MIB);
}
