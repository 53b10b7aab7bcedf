//! Fingerprints of JSON texts, which show that two values differ without a tree of either.

/// Bytes compared at once: much faster than one by one.
const CHUNK: usize = 16;

/// Returns whether the texts are certainly different values, regardless of the order of keys and of white space. `false`
/// means unknown.
///
/// The common prefix and suffix are left out: they are equal in both values. A duplicate key counts twice.
pub(super) fn definitely_differ(one: &str, other: &str) -> bool {
    if one.contains('\\') || other.contains('\\') {
        return false;
    }
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let (prefix, _) = one.split_at(common_prefix_length(one, other));
    let (one, other) = (&one[prefix.len()..], &other[prefix.len()..]);
    let suffix_length = common_suffix_length(one, other);
    let in_string = prefix.iter().filter(|&&byte| byte == b'"').count() % 2 == 1;
    let fingerprint = |text: &[u8]| Fingerprint::new(&text[..text.len() - suffix_length], in_string);
    matches!(
        (fingerprint(one), fingerprint(other)),
        (Some(one), Some(other)) if one.ends_in_string == other.ends_in_string && one.sum != other.sum
    )
}

/// Returns the length of the common prefix, without a number at its end: the number may continue.
fn common_prefix_length(one: &[u8], other: &[u8]) -> usize {
    let chunks = one.chunks_exact(CHUNK).zip(other.chunks_exact(CHUNK)).take_while(|(one, other)| one == other).count();
    let rest = one.iter().zip(other).skip(chunks * CHUNK).take_while(|(one, other)| one == other).count();
    let common = &one[..chunks * CHUNK + rest];
    common.len() - common.iter().rev().take_while(|byte| may_be_in_number(**byte)).count()
}

/// Returns the length of the common suffix, without a number at its start.
fn common_suffix_length(one: &[u8], other: &[u8]) -> usize {
    let chunks =
        one.rchunks_exact(CHUNK).zip(other.rchunks_exact(CHUNK)).take_while(|(one, other)| one == other).count();
    let (one_rest, other_rest) = (one.iter().rev().skip(chunks * CHUNK), other.iter().rev().skip(chunks * CHUNK));
    let rest = one_rest.zip(other_rest).take_while(|(one, other)| one == other).count();
    let common = &one[one.len() - chunks * CHUNK - rest..];
    common.len() - common.iter().take_while(|byte| may_be_in_number(**byte)).count()
}

fn may_be_in_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-')
}

struct Fingerprint {
    /// The sum of all bytes except quotes and white space between tokens. The order of the tokens does not matter.
    sum: u32,
    ends_in_string: bool,
}

impl Fingerprint {
    /// Returns `None` if the text has a number that can be written in several ways, such as `1.0`.
    fn new(text: &[u8], mut in_string: bool) -> Option<Self> {
        let (mut sum, mut previous) = (0_u32, b' ');
        for &byte in text {
            match byte {
                b'"' => in_string = !in_string,
                _ if in_string => sum = sum.wrapping_add(u32::from(byte)),
                b'.' | b'E' | b'+' | b'-' => return None,
                b'e' if previous.is_ascii_digit() => return None,
                _ if byte.is_ascii_whitespace() => {}
                _ => sum = sum.wrapping_add(u32::from(byte)),
            }
            previous = byte;
        }
        Some(Self { sum, ends_in_string: in_string })
    }
}

#[cfg(test)]
mod tests {
    use super::definitely_differ;

    #[track_caller]
    fn assert_differ(one: &str, other: &str, expected: bool) {
        assert_eq!(definitely_differ(one, other), expected, "{one} {other}");
        assert_eq!(definitely_differ(other, one), expected, "{other} {one}");
    }

    #[test]
    fn order_and_white_space_make_no_difference() {
        let one = r#"{"a":1,"b":["é e. -",true,null,12]}"#;
        assert_differ(one, " { \"b\" : [ \"é e. -\", true,\n null, 12 ],\t\"a\" : 1 } ", false);
        assert_differ(
            r#"{"long":"the same at both ends","a":1,"b":2}"#,
            r#"{"b":2,"a":1,"long":"the same at both ends"}"#,
            false,
        );
        assert_differ(r#"{"a":1.5,"b":2}"#, r#"{ "b":2, "a":1.5}"#, false);
    }

    #[test]
    fn equal_values_in_different_notations_are_not_reported() {
        let others = [("é", r"\u00e9"), ("1", "1.0"), ("100", "1e2"), ("[1E2,3]", "[100,3]"), ("0", "-0")];
        for (one, other) in others {
            assert_differ(one, other, false);
            let [one, other] =
                [one, other].map(|value| format!(r#"{{"the same":"at both ends",  "n":{value}, "m":7}}"#));
            assert_differ(&one, &other, false);
        }
        // The common prefix or suffix ends within a number.
        assert_differ("[1.5,1]", "[1.50,1]", false);
        assert_differ("[1.05,1]", "[1.050e0,1]", false);
        assert_differ("[15e1,1]", "[150,1]", false);
    }

    #[test]
    fn most_different_values_are_reported() {
        let texts = ["{}", "[]", r#"{"a":1}"#, r#"{"a":2}"#, r#"{"b":3}"#, "1", r#""2""#, "null", ""];
        for (n, one) in texts.iter().enumerate() {
            texts[n + 1..].iter().for_each(|other| assert_differ(one, other, true));
        }
        // A number with several notations is no obstacle in the common prefix.
        let session =
            |views: u32| format!(r#"{{"user":{{"id":7,"scores":[1.5,1e3]}},"views":{views},"at":"a-b.c e"}}"#);
        assert_differ(&session(1), &session(2), true);
        assert_differ(&session(9), &session(10), true);
    }
}
