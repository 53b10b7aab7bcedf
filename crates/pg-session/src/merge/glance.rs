//! What two JSON texts say at a glance: enough to see that most changes are changes, without a tree of either side.

/// So much is compared at once.
const CHUNK: usize = 16;

/// Whether these surely are two values, whatever the order of keys and the space in between. What is alike at both ends
/// is not looked at, for it is alike in both values too. A key that comes twice is counted twice.
pub(super) fn surely_differ(one: &str, other: &str) -> bool {
    if one.contains('\\') || other.contains('\\') {
        return false;
    }
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let (alike, _) = one.split_at(alike_before(one, other));
    let (one, other) = (&one[alike.len()..], &other[alike.len()..]);
    let tail = alike_behind(one, other);
    let in_string = alike.iter().filter(|&&byte| byte == b'"').count() % 2 == 1;
    let look = |text: &[u8]| look(&text[..text.len() - tail], in_string);
    matches!((look(one), look(other)), (Some(one), Some(other)) if one.in_string == other.in_string && one.sum != other.sum)
}

/// The length of what both begin with. No number is cut in two.
fn alike_before(one: &[u8], other: &[u8]) -> usize {
    let chunks = one.chunks_exact(CHUNK).zip(other.chunks_exact(CHUNK)).take_while(|(one, other)| one == other).count();
    let rest = one.iter().zip(other).skip(chunks * CHUNK).take_while(|(one, other)| one == other).count();
    let alike = &one[..chunks * CHUNK + rest];
    alike.len() - alike.iter().rev().take_while(|byte| is_of_number(**byte)).count()
}

/// The length of what both end with, likewise.
fn alike_behind(one: &[u8], other: &[u8]) -> usize {
    let chunks =
        one.rchunks_exact(CHUNK).zip(other.rchunks_exact(CHUNK)).take_while(|(one, other)| one == other).count();
    let (one_rest, other_rest) = (one.iter().rev().skip(chunks * CHUNK), other.iter().rev().skip(chunks * CHUNK));
    let rest = one_rest.zip(other_rest).take_while(|(one, other)| one == other).count();
    let alike = &one[one.len() - chunks * CHUNK - rest..];
    alike.len() - alike.iter().take_while(|byte| is_of_number(**byte)).count()
}

fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-')
}

struct Look {
    /// The same for all texts of the same tokens.
    sum: u32,
    /// Whether the text ends within a string.
    in_string: bool,
}

/// None where a number may be written in other ways too.
fn look(text: &[u8], mut in_string: bool) -> Option<Look> {
    let (mut sum, mut before) = (0_u32, b' ');
    for &byte in text {
        match byte {
            b'"' => in_string = !in_string,
            _ if in_string => sum = sum.wrapping_add(u32::from(byte)),
            b'.' | b'E' | b'+' | b'-' => return None,
            b'e' if before.is_ascii_digit() => return None,
            _ if byte.is_ascii_whitespace() => {}
            _ => sum = sum.wrapping_add(u32::from(byte)),
        }
        before = byte;
    }
    Some(Look { sum, in_string })
}

#[cfg(test)]
mod tests {
    use super::surely_differ;

    #[track_caller]
    fn assert_seen(one: &str, other: &str, seen: bool) {
        assert_eq!(surely_differ(one, other), seen, "{one} {other}");
        assert_eq!(surely_differ(other, one), seen, "{other} {one}");
    }

    #[test]
    fn one_value_is_one_in_whatever_order() {
        let one = r#"{"a":1,"b":["é e. -",true,null,12]}"#;
        assert_seen(one, " { \"b\" : [ \"é e. -\", true,\n null, 12 ],\t\"a\" : 1 } ", false);
        assert_seen(
            r#"{"long":"the same at both ends","a":1,"b":2}"#,
            r#"{"b":2,"a":1,"long":"the same at both ends"}"#,
            false,
        );
        assert_seen(r#"{"a":1.5,"b":2}"#, r#"{ "b":2, "a":1.5}"#, false);
    }

    #[test]
    fn what_may_be_written_in_other_ways_is_left_to_others() {
        let others = [("é", r"\u00e9"), ("1", "1.0"), ("100", "1e2"), ("[1E2,3]", "[100,3]"), ("0", "-0")];
        for (one, other) in others {
            assert_seen(one, other, false);
            let [one, other] =
                [one, other].map(|value| format!(r#"{{"the same":"at both ends",  "n":{value}, "m":7}}"#));
            assert_seen(&one, &other, false);
        }
        // Alike in part of a number.
        assert_seen("[1.5,1]", "[1.50,1]", false);
        assert_seen("[1.05,1]", "[1.050e0,1]", false);
        assert_seen("[15e1,1]", "[150,1]", false);
    }

    #[test]
    fn other_values_mostly_look_otherwise() {
        let texts = ["{}", "[]", r#"{"a":1}"#, r#"{"a":2}"#, r#"{"b":3}"#, "1", r#""2""#, "null", ""];
        for (n, one) in texts.iter().enumerate() {
            texts[n + 1..].iter().for_each(|other| assert_seen(one, other, true));
        }
        // A number that may be written otherwise matters where it is another one.
        let session =
            |views: u32| format!(r#"{{"user":{{"id":7,"scores":[1.5,1e3]}},"views":{views},"at":"a-b.c e"}}"#);
        assert_seen(&session(1), &session(2), true);
        assert_seen(&session(9), &session(10), true);
    }
}
