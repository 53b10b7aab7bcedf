//! Recognizes a state that was loaded when it comes back. actix-session moves the keys into a map of its own and out
//! again; their spare capacity stays, and so it tells which load they come from. Copies of a key have none.

use std::collections::HashMap;
use std::mem;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Spare bytes: more than a key that was put together has, and enough to tell concurrent loads apart.
const MARKS: Range<usize> = 128..640;

/// Marks the keys, and returns the mark.
pub(crate) fn add(state: &mut HashMap<String, String>) -> u64 {
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

/// The mark of most keys. The application may have added others, whose capacity says nothing.
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
    fn a_state_is_recognized_when_it_was_moved_and_changed() {
        let mut loaded: HashMap<_, _> = ["a", "b", "c"].map(|key| (key.to_owned(), "1".to_owned())).into();
        let mut other = loaded.clone();
        let (mark, others) = (add(&mut loaded), add(&mut other));
        assert_ne!(mark, others);
        assert_eq!(of(&loaded.clone()), None);

        let mut moved = HashMap::new();
        moved.extend(loaded);
        moved.extend((0..99).map(|n| (n.to_string(), "1".to_owned())));
        moved.retain(|key, _| key == "a" || key.len() > 1);
        moved.insert("a".to_owned(), "2".to_owned());
        assert_eq!(of(&moved), Some(mark));
        moved.remove("a");
        assert_eq!(of(&moved), None);
    }
}
