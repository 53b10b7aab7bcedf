//! Identifies the map in which tower-sessions holds the data of a session.

use std::collections::HashMap;
use std::hash::BuildHasher;

use serde_json::Value;

/// Returns the map's identity, which it keeps when it is moved or changed: each map has a hasher of its own.
pub(crate) fn of(data: &HashMap<String, Value>) -> u64 {
    data.hasher().hash_one(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_recognized_with_any_content() {
        let mut map: HashMap<String, Value> = [("a".to_owned(), Value::Null)].into();
        let (id, other) = (of(&map), HashMap::new());
        map.extend((0..99).map(|n| (n.to_string(), Value::Null)));
        map.clear();
        let moved = Box::new(map);
        assert_eq!(of(&moved), id);
        assert_ne!(of(&other), id);
    }
}
