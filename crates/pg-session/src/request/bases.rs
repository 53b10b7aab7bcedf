//! The data that sessions had when they were loaded or saved where no request scope remembers it: the bases of later
//! saves. Bounded in number, in bytes and in time. No I/O.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::value::RawValue;

use crate::merge::same;

/// Longer than requests and short tasks take. What lives longer, such as a WebSocket, should load again: data that is
/// this old says little about what its holder has changed.
const MAX_AGE: Duration = Duration::from_secs(10 * 60);

/// So few that they stay in the processor's cache, for every request adds one: that costs it 0.3 microseconds, and 0.85
/// with eight times as many. At 100 requests a second this is what the last 40 seconds have loaded.
const MAX_BASES: usize = 4_096;

/// Twice as much as that many sessions of a usual size (512 bytes). One session may be larger: it is not remembered.
const MAX_BYTES: usize = 4 << 20;

/// Concurrent requests of one visitor, and the streams that stay open meanwhile.
const MAX_PER_SESSION: usize = 64;

/// What a session's data was.
#[derive(Clone)]
pub(super) struct Base {
    pub(super) json: String,
    /// The map that it was loaded into, or saved from.
    pub(super) map: Option<u64>,
    /// It was loaded, and no save has been made from it yet.
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

/// A queue, for every request adds to it and few ever look: an entry is moved in, and a search goes by the hashes.
#[derive(Default)]
struct Inner {
    /// The oldest first. None of what was forgotten.
    entries: VecDeque<Option<Entry>>,
    /// Of the ids.
    hashes: VecDeque<u64>,
    bytes: usize,
}

/// The bases of one store. Data of sessions is secret: it is kept no longer than [`MAX_AGE`] while the store is used,
/// and is dropped with the session and with the store.
#[derive(Default)]
pub(super) struct Bases {
    random: RandomState,
    inner: Mutex<Inner>,
}

impl Bases {
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
        let mut inner = self.lock();
        inner.expire(now);
        while inner.bytes + size > MAX_BYTES || inner.entries.len() >= MAX_BASES {
            inner.forget_oldest();
        }
        inner.bytes += size;
        inner.entries.push_back(Some(entry));
        inner.hashes.push_back(hash);
    }

    /// The map that the data of a load was decoded into.
    pub(super) fn identify(&self, id: &str, json: &str, map: u64) {
        let mut inner = self.lock();
        let loaded = |base: &Base| base.map.is_none() && base.json == json;
        if let Some(base) = inner.newest(id, self.random.hash_one(id), loaded) {
            base.map = Some(map);
        }
    }

    /// Those of a session, the newest first.
    pub(super) fn of(&self, id: &str) -> Vec<Base> {
        let mut inner = self.lock();
        inner.expire(Instant::now());
        let entries = inner.places(id, self.random.hash_one(id)).filter_map(|place| inner.entries[place].as_ref());
        entries.map(|entry| entry.base.clone()).collect()
    }

    /// A save was made from a base that was loaded.
    pub(super) fn saved(&self, id: &str, from: &Base) {
        let mut inner = self.lock();
        let same = |base: &Base| base.is_unsaved && base.map == from.map && base.json == from.json;
        if let Some(base) = inner.newest(id, self.random.hash_one(id), same) {
            base.is_unsaved = false;
        }
    }

    /// The session is gone.
    pub(super) fn forget(&self, id: &str) {
        let hash = self.random.hash_one(id);
        let mut inner = self.lock();
        loop {
            let places: Vec<_> = inner.places(id, hash).collect();
            if places.is_empty() {
                break;
            }
            for place in places {
                inner.bytes -= inner.entries[place].take().map_or(0, |entry| entry.size());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Where the entries of a session are, the newest first.
    fn places(&self, id: &str, hash: u64) -> impl Iterator<Item = usize> {
        let alike = self.hashes.iter().enumerate().rev().filter(move |(_, other)| **other == hash);
        let is_of = move |place: &usize| self.entries[*place].as_ref().is_some_and(|entry| entry.id == id);
        alike.map(|(place, _)| place).filter(is_of).take(MAX_PER_SESSION)
    }

    fn newest(&mut self, id: &str, hash: u64, is_sought: impl Fn(&Base) -> bool) -> Option<&mut Base> {
        let sought = |place: &usize| self.entries[*place].as_ref().is_some_and(|entry| is_sought(&entry.base));
        let place = self.places(id, hash).find(sought)?;
        self.entries[place].as_mut().map(|entry| &mut entry.base)
    }

    fn expire(&mut self, now: Instant) {
        let is_old = |entry: &Option<Entry>| {
            entry.as_ref().is_none_or(|entry| now.saturating_duration_since(entry.since) > MAX_AGE)
        };
        while self.entries.front().is_some_and(is_old) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        self.hashes.pop_front();
        if let Some(Some(oldest)) = self.entries.pop_front() {
            self.bytes -= oldest.size();
        }
    }
}

/// Shows no data.
impl fmt::Debug for Bases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        f.debug_struct("Bases").field("entries", &inner.entries.len()).field("bytes", &inner.bytes).finish()
    }
}

/// The base that `data` was made from, of `bases`, the newest first.
///
/// It is the newest of the same map. If there is none, the map is a copy, or has lost what identified it, or was loaded
/// empty and never had that. A copy has something in common with its base, and so the one with the fewest changed
/// members is taken; else, and where the last load found an empty object, what was loaded last and not saved since.
pub(super) fn base_of(bases: Vec<Base>, data: &str, map: Option<u64>) -> Option<Base> {
    if let Some(same) = bases.iter().position(|base| map.is_some() && base.map == map) {
        return bases.into_iter().nth(same);
    }
    let data = Members::of(data);
    // Of equal ones, the newest has the best claim.
    let mut distinct: Vec<Base> = Vec::new();
    for base in bases {
        if !distinct.iter().any(|other| other.json == base.json && other.is_unsaved >= base.is_unsaved) {
            distinct.push(base);
        }
    }
    let loaded = distinct.iter().position(|base| base.is_unsaved);
    let members: Vec<_> = distinct.iter().map(|base| Members::of(&base.json)).collect();
    let differences: Vec<_> = members.iter().map(|members| members.difference(&data)).collect();
    let is_empty = loaded.is_some_and(|loaded| members[loaded].0.is_empty());
    let chosen = match !is_empty && differences.iter().any(|difference| difference.in_common > 0) {
        true => (0..distinct.len()).min_by_key(|&base| differences[base].changed),
        false => loaded.or(Some(0)),
    };
    chosen.and_then(|chosen| distinct.into_iter().nth(chosen))
}

/// The members of an object. None of what is no object.
struct Members<'a>(HashMap<String, &'a RawValue>);

struct Difference {
    changed: usize,
    in_common: usize,
}

impl<'a> Members<'a> {
    fn of(json: &'a str) -> Self {
        Self(serde_json::from_str(json).unwrap_or_default())
    }

    fn difference(&self, other: &Self) -> Difference {
        let has = |(key, value): &(&String, &&RawValue)| {
            other.0.get(*key).is_some_and(|other| same(value.get(), other.get()))
        };
        let in_common = self.0.iter().filter(has).count();
        let in_both = self.0.keys().filter(|key| other.0.contains_key(*key)).count();
        Difference { changed: self.0.len() + other.0.len() - in_both - in_common, in_common }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(json: &str, is_unsaved: bool) -> Base {
        Base { json: json.into(), map: None, is_unsaved }
    }

    #[track_caller]
    fn assert_base(newest_first: &[(&str, bool)], data: &str, expected: Option<&str>) {
        let bases = newest_first.iter().map(|(json, is_unsaved)| base(json, *is_unsaved)).collect();
        let found = base_of(bases, data, None);
        assert_eq!(found.as_ref().map(|base| &*base.json), expected, "{data}");
    }

    #[test]
    fn a_copy_comes_from_the_base_with_the_fewest_changes() {
        let bases = [(r#"{"a":1,"b":2,"c":3}"#, false), (r#"{"a":1,"b":1}"#, true), (r#"{"a":1}"#, true)];
        assert_base(&bases, r#"{"a":1,"x":1}"#, Some(r#"{"a":1}"#));
        assert_base(&bases, r#"{"b":1,"a":1.0,"x":1}"#, Some(r#"{"a":1,"b":1}"#));
        assert_base(&bases, r#"{"a":1,"b":2,"c":4}"#, Some(r#"{"a":1,"b":2,"c":3}"#));
        // As far from the one as from the other.
        assert_base(&bases[1..], r#"{"a":1,"b":2}"#, Some(r#"{"a":1,"b":1}"#));
        assert_base(&[], "{}", None);
    }

    #[test]
    fn what_has_nothing_in_common_comes_from_what_was_loaded_last() {
        let bases = [(r#"{"a":2}"#, false), (r#"{"a":1}"#, true), ("{}", true)];
        for data in ["{}", r#"{"b":1}"#, "[1]"] {
            assert_base(&bases, data, Some(r#"{"a":1}"#));
        }
        assert_base(&bases[..1], "{}", Some(r#"{"a":2}"#));
        // What was removed is set again.
        assert_base(&[("{}", true), (r#"{"a":1}"#, true)], r#"{"a":1}"#, Some("{}"));
        // The same was loaded, and saved later by another.
        assert_base(&[("{}", false), (r#"{"a":1}"#, false), ("{}", true)], r#"{"b":1}"#, Some("{}"));
    }

    #[test]
    fn a_map_is_recognized_whatever_it_holds() {
        let bases = vec![
            base(r#"{"a":1}"#, true),
            Base { map: Some(1), ..base("{}", false) },
            Base { map: Some(2), ..base(r#"{"a":1,"b":1}"#, true) },
            Base { map: Some(1), ..base(r#"{"a":1}"#, true) },
        ];
        assert_eq!(&*base_of(bases.clone(), r#"{"a":1}"#, Some(1)).unwrap().json, "{}");
        assert_eq!(&*base_of(bases, "{}", Some(2)).unwrap().json, r#"{"a":1,"b":1}"#);
    }

    #[test]
    fn memory_is_bounded() {
        let bases = Bases::default();
        let now = Instant::now();
        let remember = |id: &str, json: &str, now| bases.remember_at(id.to_owned(), base(json, true), now);
        let check = || {
            let inner = bases.lock();
            assert_eq!(inner.entries.iter().flatten().map(Entry::size).sum::<usize>(), inner.bytes);
            assert_eq!(inner.entries.len(), inner.hashes.len());
            (inner.entries.len(), inner.bytes)
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
        let bases = Bases::default();
        bases.remember("the-id".to_owned(), base("\"s3cret\"", true));
        let shown = format!("{bases:?}");
        assert!(!shown.contains("the-id") && !shown.contains("s3cret"), "{shown}");
    }
}
