//! The maps of a session: names of packages, each with the time when it was kept.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// The time of each name, in seconds since 1970.
pub(crate) type Map = BTreeMap<String, u64>;

/// What a session keeps.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kept {
    /// What the visitor has starred before signing in.
    Starred,
    /// What the visitor has opened last.
    Recent,
}

impl Kept {
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Starred => "starred",
            Self::Recent => "recent",
        }
    }

    /// The most names. A session stays small: it is read by each request.
    fn most(self) -> usize {
        match self {
            Self::Starred => 1_000,
            Self::Recent => 24,
        }
    }

    /// Adds a name, in place of the oldest if there are too many. Returns whether the map has changed.
    pub(super) fn add(self, map: &mut Map, name: &str, now: u64) -> bool {
        if self == Self::Starred && map.contains_key(name) {
            return false;
        }
        map.insert(name.to_owned(), now);
        while map.len() > self.most() {
            let Some(oldest) = map.iter().min_by_key(|(_, since)| **since).map(|(name, _)| name.clone()) else { break };
            map.remove(&oldest);
        }
        true
    }
}

/// Returns the current time in seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_map_drops_the_oldest() {
        let mut map = Map::new();
        for n in 0..30 {
            assert!(Kept::Recent.add(&mut map, &format!("package {n}"), n));
        }
        assert_eq!(map.len(), 24);
        assert!(!map.contains_key("package 5") && map.contains_key("package 6"));
        assert!(!Kept::Starred.add(&mut map, "package 29", 99));
        assert_eq!(map["package 29"], 29);
    }
}
