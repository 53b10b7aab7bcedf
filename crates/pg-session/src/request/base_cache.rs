//! Remembers the data of sessions that were loaded or saved where no request scope does: the bases of later saves.
//! Limited in number, bytes and time. No I/O.

use std::collections::VecDeque;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Longer than requests and short tasks take. Code that lives longer, such as a WebSocket, should load again: data of
/// this age says little about what its holder has changed.
const MAX_AGE: Duration = Duration::from_mins(10);

/// Every request adds a base. With this many they stay in the processor's cache, and adding one takes 0.3 microseconds;
/// with eight times as many it takes 0.85. At 100 requests per second they cover the last 40 seconds.
const MAX_BASES: usize = 4_096;

/// Twice the size of that many sessions of a usual size (512 bytes). A single session above it is not remembered.
const MAX_BYTES: usize = 4 << 20;

/// Enough for the concurrent requests of one visitor and the streams that are open at the same time.
const MAX_PER_SESSION: usize = 64;

/// The data of a session at a load or a save.
#[derive(Clone)]
pub(super) struct Base {
    pub(super) json: String,
    /// The map that it was loaded into, or saved from.
    pub(super) map: Option<u64>,
    /// Whether it was loaded, and no save was made from it yet.
    pub(super) is_unsaved: bool,
}

struct Entry {
    id: String,
    base: Base,
    since: Instant,
}

impl Entry {
    fn size(&self) -> usize {
        self.id.len() + self.base.json.len()
    }
}

/// A queue, because every request adds an entry and few search: adding moves the entry in, and a search compares hashes.
#[derive(Default)]
struct Entries {
    /// The oldest first. `None` in place of forgotten entries.
    queue: VecDeque<Option<Entry>>,
    /// The hashes of the ids.
    hashes: VecDeque<u64>,
    bytes: usize,
}

/// The bases of one store. The data of sessions is secret: the next call after [`MAX_AGE`] drops it, and so does the end
/// of the session or of the store.
#[derive(Default)]
pub(super) struct BaseCache {
    random: RandomState,
    entries: Mutex<Entries>,
}

impl BaseCache {
    pub(super) fn remember(&self, id: String, base: Base) {
        self.remember_at(id, base, Instant::now());
    }

    fn remember_at(&self, id: String, base: Base, now: Instant) {
        let hash = self.random.hash_one(&*id);
        let entry = Entry { id, base, since: now };
        let size = entry.size();
        if size > MAX_BYTES {
            return;
        }
        let mut entries = self.lock();
        entries.expire(now);
        while entries.bytes + size > MAX_BYTES || entries.queue.len() >= MAX_BASES {
            entries.forget_oldest();
        }
        entries.bytes += size;
        entries.queue.push_back(Some(entry));
        entries.hashes.push_back(hash);
    }

    /// Records the map into which the data of a load was decoded.
    pub(super) fn identify(&self, id: &str, json: &str, map: u64) {
        let mut entries = self.lock();
        let is_load = |base: &Base| base.map.is_none() && base.json == json;
        if let Some(base) = entries.newest(id, self.random.hash_one(id), is_load) {
            base.map = Some(map);
        }
    }

    /// Returns the bases of a session, the newest first.
    pub(super) fn of(&self, id: &str) -> Vec<Base> {
        let mut entries = self.lock();
        entries.expire(Instant::now());
        let found =
            entries.positions(id, self.random.hash_one(id)).filter_map(|position| entries.queue[position].as_ref());
        found.map(|entry| entry.base.clone()).collect()
    }

    /// Records a save that was made from a load.
    pub(super) fn mark_saved(&self, id: &str, from: &Base) {
        let mut entries = self.lock();
        let is_same = |base: &Base| base.is_unsaved && base.map == from.map && base.json == from.json;
        if let Some(base) = entries.newest(id, self.random.hash_one(id), is_same) {
            base.is_unsaved = false;
        }
    }

    /// Forgets a session that is gone.
    pub(super) fn forget(&self, id: &str) {
        let hash = self.random.hash_one(id);
        let mut entries = self.lock();
        loop {
            let positions: Vec<_> = entries.positions(id, hash).collect();
            if positions.is_empty() {
                break;
            }
            for position in positions {
                entries.bytes -= entries.queue[position].take().map_or(0, |entry| entry.size());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    /// Returns where the entries of a session are, the newest first.
    fn positions(&self, id: &str, hash: u64) -> impl Iterator<Item = usize> {
        let equal_hashes = self.hashes.iter().enumerate().rev().filter(move |(_, other)| **other == hash);
        let is_of = move |position: &usize| self.queue[*position].as_ref().is_some_and(|entry| entry.id == id);
        equal_hashes.map(|(position, _)| position).filter(is_of).take(MAX_PER_SESSION)
    }

    fn newest(&mut self, id: &str, hash: u64, is_wanted: impl Fn(&Base) -> bool) -> Option<&mut Base> {
        let wanted = |position: &usize| self.queue[*position].as_ref().is_some_and(|entry| is_wanted(&entry.base));
        let position = self.positions(id, hash).find(wanted)?;
        self.queue[position].as_mut().map(|entry| &mut entry.base)
    }

    fn expire(&mut self, now: Instant) {
        let is_old = |entry: &Option<Entry>| {
            entry.as_ref().is_none_or(|entry| now.saturating_duration_since(entry.since) > MAX_AGE)
        };
        while self.queue.front().is_some_and(is_old) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        self.hashes.pop_front();
        if let Some(Some(oldest)) = self.queue.pop_front() {
            self.bytes -= oldest.size();
        }
    }
}

/// Omits the data.
impl fmt::Debug for BaseCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.lock();
        f.debug_struct("BaseCache").field("entries", &entries.queue.len()).field("bytes", &entries.bytes).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(json: &str) -> Base {
        Base { json: json.into(), map: None, is_unsaved: true }
    }

    #[test]
    fn memory_is_limited() {
        let bases = BaseCache::default();
        let now = Instant::now();
        let remember = |id: &str, json: &str, now| bases.remember_at(id.to_owned(), base(json), now);
        let check = || {
            let entries = bases.lock();
            assert_eq!(entries.queue.iter().flatten().map(Entry::size).sum::<usize>(), entries.bytes);
            assert_eq!(entries.queue.len(), entries.hashes.len());
            (entries.queue.len(), entries.bytes)
        };
        for n in 0..MAX_BASES + 9 {
            remember(&n.to_string(), "{}", now);
        }
        assert_eq!(check().0, MAX_BASES);
        assert!(bases.of("8").is_empty() && bases.of("9").len() == 1);

        let large = format!("\"{}\"", "x".repeat(MAX_BYTES / 3));
        for id in ["a", "b", "c", "d"] {
            remember(id, &large, now);
            assert!(check().1 <= MAX_BYTES);
        }
        assert!(bases.of("b").is_empty() && bases.of("c").len() == 1);
        remember("e", &"x".repeat(MAX_BYTES), now);
        assert!(bases.of("e").is_empty() && bases.of("c").len() == 1);

        for _ in 0..MAX_PER_SESSION * 3 {
            remember("a", "{}", now);
        }
        assert_eq!(bases.of("a").len(), MAX_PER_SESSION);
        bases.forget("a");
        assert!(bases.of("a").is_empty() && bases.of("c").len() == 1);
        bases.forget("c");
        bases.forget("d");
        assert_eq!(check().1, 0);

        remember("a", "1", now);
        remember("b", "1", now + MAX_AGE);
        remember("b", "2", now + MAX_AGE + Duration::from_nanos(1));
        assert!(bases.of("a").is_empty());
        assert_eq!(bases.of("b").iter().map(|base| &*base.json).collect::<Vec<_>>(), ["2", "1"]);
    }

    #[test]
    fn debug_shows_no_data() {
        let bases = BaseCache::default();
        bases.remember("the-id".to_owned(), base("\"s3cret\""));
        let shown = format!("{bases:?}");
        assert!(!shown.contains("the-id") && !shown.contains("s3cret"), "{shown}");
    }
}
