//! Names that are easily mistaken for another: typing errors, affixes, and "did you mean".
//!
//! Two texts at distance 1 have a deletion of one letter in common. So an index over the deletions of all popular names
//! finds them, and [`is_near`] verifies what it finds.

use serde::Serialize;
use strsim::osa_distance;

use crate::name::key;

/// A shorter name has too many others at distance 1.
pub const MIN_LETTERS: usize = 5;

/// Longer texts are not searched for typing errors.
pub const MAX_BYTES: usize = 64;

/// How many times as many downloads a name has to have to be suggested instead of what was found.
const TIMES: u64 = 100;

const PREFIXES: [&str; 1] = ["node-"];
const SUFFIXES: [&str; 4] = ["-js", ".js", "js", "-cli"];

/// What the hashed deletions are of. A name and a word of the same letters have different hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Package names.
    Name,
    /// Words of names.
    Word,
}

/// A name that the user may have meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DidYouMean {
    /// The name.
    pub name: String,
    /// How many times as many downloads it has as what was found. `None` if nothing was found.
    pub times: Option<u64>,
}

/// Returns the hashes of a text and of all texts with one of its letters removed.
///
/// The hashes are stored, so they never change. A text that is longer than [`MAX_BYTES`] has none.
#[must_use]
pub fn deletions(kind: Kind, text: &str) -> Vec<i64> {
    if text.is_empty() || text.len() > MAX_BYTES {
        return Vec::new();
    }
    let text = text.to_lowercase();
    let salt = match kind {
        Kind::Name => b'n',
        Kind::Word => b'w',
    };
    let mut hashes = vec![hash(salt, &[&text])];
    for (position, letter) in text.char_indices() {
        hashes.push(hash(salt, &[&text[..position], &text[position + letter.len_utf8()..]]));
    }
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// FNV-1a.
fn hash(salt: u8, parts: &[&str]) -> i64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in std::iter::once(salt).chain(parts.iter().flat_map(|part| part.bytes())) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash.cast_signed()
}

/// Returns whether one letter inserted, deleted, replaced, or exchanged with the next one makes one text of the other.
#[must_use]
pub fn is_near(one: &str, other: &str) -> bool {
    osa_distance(&one.to_lowercase(), &other.to_lowercase()) == 1
}

/// Returns the names that differ by a common affix: `next` and `node-nextjs` for `nextjs`.
#[must_use]
pub fn affixed(name: &str) -> Vec<String> {
    let mut names = Vec::new();
    for prefix in PREFIXES {
        names.extend(name.strip_prefix(prefix).map(str::to_owned));
        names.push(format!("{prefix}{name}"));
    }
    for suffix in SUFFIXES {
        names.extend(name.strip_suffix(suffix).map(str::to_owned));
        names.push(format!("{name}{suffix}"));
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Returns the name that the user may have meant, among candidates with their downloads.
///
/// `found` is the number of downloads of the package with exactly this name; if there is none, of the best package with
/// the same letters or the same words. A candidate counts if it has the same letters, differs by an affix, or is at
/// distance 1 of a name with [`MIN_LETTERS`] or more, and has at least 100 times as many downloads.
#[must_use]
pub fn did_you_mean<'a>(
    name: &str,
    found: Option<u64>,
    candidates: impl IntoIterator<Item = (&'a str, u64)>,
) -> Option<DidYouMean> {
    let affixed = affixed(name);
    let own_key = key(name);
    let is_related = |other: &str| {
        other != name
            && (affixed.iter().any(|affixed| affixed == other)
                || (!own_key.is_empty() && key(other) == own_key)
                || (name.chars().count() >= MIN_LETTERS && is_near(name, other)))
    };
    let needed = found.unwrap_or(0).saturating_mul(TIMES);
    let (other, downloads) = candidates
        .into_iter()
        .filter(|&(other, downloads)| downloads > needed && is_related(other))
        .max_by_key(|&(_, downloads)| downloads)?;
    let times = found.filter(|found| *found > 0).map(|found| downloads / found);
    Some(DidYouMean { name: other.to_owned(), times })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn have_one_in_common(one: &str, other: &str) -> bool {
        let others = deletions(Kind::Name, other);
        deletions(Kind::Name, one).iter().any(|hash| others.contains(hash))
    }

    #[test]
    fn the_typing_errors_of_the_specification_are_near() {
        for (typed, meant) in [
            ("axois", "axios"),
            ("loadsh", "lodash"),
            ("reatc", "react"),
            ("webpakc", "webpack"),
            ("typscript", "typescript"),
            ("mongose", "mongoose"),
            ("jqeury", "jquery"),
            ("momnet", "moment"),
            ("chlak", "chalk"),
            ("esilnt", "eslint"),
            ("conect-pg-simple", "connect-pg-simple"),
        ] {
            assert!(is_near(typed, meant) && have_one_in_common(typed, meant), "{typed}");
        }
        assert!(!is_near("react", "react") && !is_near("react", "preacts"));
    }

    #[test]
    fn a_word_and_a_name_have_different_hashes() {
        let names = deletions(Kind::Name, "react");
        assert_eq!(names.len(), 6);
        assert!(deletions(Kind::Word, "react").iter().all(|hash| !names.contains(hash)));
        assert!(deletions(Kind::Name, &"a".repeat(65)).is_empty());
    }

    #[test]
    fn the_notice_names_the_most_popular_relative() {
        let meant = |name, found, candidates: &[(&str, u64)]| did_you_mean(name, found, candidates.iter().copied());
        let expected = |name: &str, times| Some(DidYouMean { name: name.to_owned(), times });
        assert_eq!(meant("axois", Some(8645), &[("axios", 374_810_894)]), expected("axios", Some(43_355)));
        let next = [("next", 128_032_225), ("next.js", 31_261)];
        assert_eq!(meant("nextjs", Some(18_933), &next), expected("next", Some(6762)));
        let cross_env = [("cross-env", 59_853_222)];
        assert_eq!(meant("crossenv", Some(10_533), &cross_env), expected("cross-env", Some(5682)));
        assert_eq!(meant("esilnt", None, &[("eslint", 1000)]), expected("eslint", None));
        assert_eq!(meant("preact", Some(51_811_578), &[("react", 351_327_975)]), None);
        assert_eq!(meant("vue", Some(1), &[("vuf", 1000)]), None, "too short");
        assert_eq!(meant("express", Some(1), &[("lodash", 1000)]), None);
    }

    proptest! {
        #[test]
        fn texts_at_distance_1_have_a_deletion_in_common(one in "[abc]{1,6}", other in "[abc]{1,6}") {
            prop_assert!(!is_near(&one, &other) || have_one_in_common(&one, &other));
        }
    }
}
