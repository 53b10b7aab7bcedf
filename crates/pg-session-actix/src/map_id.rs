//! Identifies the map in which actix-session holds the data of a session.
//!
//! actix-session moves the keys into a map of its own and out again. Their spare capacity stays, and so it can mark the
//! load that they come from. Copies of a key have no spare capacity.

use std::collections::HashMap;
use std::mem;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The spare capacity in bytes: more than that of a key built by appending, and enough values for concurrent loads.
const MARKS: Range<usize> = 128..640;

/// Marks the keys, and returns the mark.
pub(crate) fn mark(state: &mut HashMap<String, String>) -> u64 {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let mark = MARKS.start + NEXT.fetch_add(1, Ordering::Relaxed) % MARKS.len();
    let marked = |(key, value): (String, String)| {
        let mut with_spare = String::with_capacity(key.len() + mark);
        with_spare.push_str(&key);
        (with_spare, value)
    };
    *state = mem::take(state).into_iter().map(marked).collect();
    mark as u64
}

/// Returns the mark of most keys. The application may have added others, whose capacity means nothing.
pub(crate) fn of(state: &HashMap<String, String>) -> Option<u64> {
    let mut counts = HashMap::<usize, usize>::new();
    for key in state.keys() {
        *counts.entry(key.capacity() - key.len()).or_default() += 1;
    }
    let marks = counts.into_iter().filter(|(spare, _)| MARKS.contains(spare));
    marks.max_by_key(|(_, count)| *count).map(|(spare, _)| spare as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_and_changed_map_is_recognized() {
        let mut loaded: HashMap<_, _> = ["a", "b", "c"].map(|key| (key.to_owned(), "1".to_owned())).into();
        let mut other = loaded.clone();
        let (id, other_id) = (mark(&mut loaded), mark(&mut other));
        assert_ne!(id, other_id);
        assert_eq!(of(&loaded.clone()), None);

        let mut moved = HashMap::new();
        moved.extend(loaded);
        moved.extend((0..99).map(|n| (n.to_string(), "1".to_owned())));
        moved.retain(|key, _| key == "a" || key.len() > 1);
        moved.insert("a".to_owned(), "2".to_owned());
        assert_eq!(of(&moved), Some(id));
        moved.remove("a");
        assert_eq!(of(&moved), None);
    }
}
