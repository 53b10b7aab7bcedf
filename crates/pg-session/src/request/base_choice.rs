//! Finds the base of a save that no request scope has seen. No I/O.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::base_cache::Base;
use crate::merge::same;

/// Returns the base from which `data` was made. `bases` are those of the session, the newest first.
///
/// It is the newest one of the same map. If there is none, the map is a copy, or it has lost what identified it, or it
/// was loaded empty and never had that. A copy has members in common with its base: the base with the fewest changed
/// members is taken. If no base has members in common, or if the last load was an empty object, the last load without a
/// save is taken.
pub(super) fn choose_base(bases: Vec<Base>, data: &str, map: Option<u64>) -> Option<Base> {
    if let Some(same) = bases.iter().position(|base| map.is_some() && base.map == map) {
        return bases.into_iter().nth(same);
    }
    let data = Members::of(data);
    // Of equal ones, the newest is the most likely base.
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
    let has_common = !is_empty && differences.iter().any(|difference| difference.in_common > 0);
    let chosen =
        if has_common { (0..distinct.len()).min_by_key(|&base| differences[base].changed) } else { loaded.or(Some(0)) };
    chosen.and_then(|chosen| distinct.into_iter().nth(chosen))
}

/// The members of an object. Empty for any other value.
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
        let found = choose_base(bases, data, None);
        assert_eq!(found.as_ref().map(|base| &*base.json), expected, "{data}");
    }

    #[test]
    fn a_copy_comes_from_the_base_with_the_fewest_changes() {
        let bases = [(r#"{"a":1,"b":2,"c":3}"#, false), (r#"{"a":1,"b":1}"#, true), (r#"{"a":1}"#, true)];
        assert_base(&bases, r#"{"a":1,"x":1}"#, Some(r#"{"a":1}"#));
        assert_base(&bases, r#"{"b":1,"a":1.0,"x":1}"#, Some(r#"{"a":1,"b":1}"#));
        assert_base(&bases, r#"{"a":1,"b":2,"c":4}"#, Some(r#"{"a":1,"b":2,"c":3}"#));
        // It has one change from each of the two.
        assert_base(&bases[1..], r#"{"a":1,"b":2}"#, Some(r#"{"a":1,"b":1}"#));
        assert_base(&[], "{}", None);
    }

    #[test]
    fn data_without_common_members_comes_from_the_last_load() {
        let bases = [(r#"{"a":2}"#, false), (r#"{"a":1}"#, true), ("{}", true)];
        for data in ["{}", r#"{"b":1}"#, "[1]"] {
            assert_base(&bases, data, Some(r#"{"a":1}"#));
        }
        assert_base(&bases[..1], "{}", Some(r#"{"a":2}"#));
        // A removed key is set again.
        assert_base(&[("{}", true), (r#"{"a":1}"#, true)], r#"{"a":1}"#, Some("{}"));
        // The same data was loaded, and saved later by another request.
        assert_base(&[("{}", false), (r#"{"a":1}"#, false), ("{}", true)], r#"{"b":1}"#, Some("{}"));
    }

    #[test]
    fn a_map_is_recognized_with_any_content() {
        let bases = vec![
            base(r#"{"a":1}"#, true),
            Base { map: Some(1), ..base("{}", false) },
            Base { map: Some(2), ..base(r#"{"a":1,"b":1}"#, true) },
            Base { map: Some(1), ..base(r#"{"a":1}"#, true) },
        ];
        assert_eq!(&*choose_base(bases.clone(), r#"{"a":1}"#, Some(1)).unwrap().json, "{}");
        assert_eq!(&*choose_base(bases, "{}", Some(2)).unwrap().json, r#"{"a":1,"b":1}"#);
    }
}
