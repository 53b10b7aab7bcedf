//! What a JSON text says at a glance: enough to see that most changes are changes, without a tree of either side.

/// A sum that is the same for all texts of one value, whatever the order of their keys and the space in between. None
/// where a string or a number may be written in other ways too. A key that comes twice is counted twice.
pub(super) fn glance(text: &str) -> Option<u32> {
    if text.contains('\\') {
        return None;
    }
    let mut sum = 0_u32;
    for (nth, part) in text.split('"').enumerate() {
        let is_string = nth % 2 == 1;
        if is_string {
            sum = part.bytes().fold(sum, |sum, byte| sum.wrapping_add(u32::from(byte)));
        } else {
            let mut before = b' ';
            for byte in part.bytes() {
                match byte {
                    b'.' | b'E' | b'+' | b'-' => return None,
                    b'e' if before.is_ascii_digit() => return None,
                    byte if byte.is_ascii_whitespace() => {}
                    byte => sum = sum.wrapping_add(u32::from(byte)),
                }
                before = byte;
            }
        }
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::glance;

    #[test]
    fn one_value_looks_alike_in_whatever_order() {
        let one = glance(r#"{"a":1,"b":["é e. -",true,null,12]}"#);
        assert!(one.is_some());
        assert_eq!(one, glance(" { \"b\" : [ \"é e. -\", true,\n null, 12 ],\t\"a\" : 1 } "));
    }

    #[test]
    fn what_may_be_written_in_other_ways_is_left_to_others() {
        for text in [r#""\u0061""#, r#""a\"b""#, "1.0", "[1e2]", "1E2", r#"{"a":-0}"#] {
            assert_eq!(glance(text), None, "{text}");
        }
    }

    #[test]
    fn other_values_mostly_look_otherwise() {
        let texts = ["{}", "[]", r#"{"a":1}"#, r#"{"a":2}"#, r#"{"b":3}"#, "1", r#""2""#, "null", ""];
        for (n, one) in texts.iter().enumerate() {
            assert!(texts[n + 1..].iter().all(|other| glance(one) != glance(other)), "{one}");
        }
    }
}
