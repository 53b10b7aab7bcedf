//! What counts as a change, and the text that is stored for it.

use std::borrow::Cow;

use crate::merge::change::change;
use crate::merge::reader::Reader;
use crate::merge::three_way::merge;

/// Checks the text stored for `ours`, alone and inside other values. `None`: it is no change.
#[track_caller]
fn assert_change(reader: Reader, base: &str, ours: &str, stored: Option<&str>) {
    assert_eq!(change(reader, base, ours).as_deref(), stored, "{reader:?} {base} {ours}");
    let [base_in, ours_in] = [base, ours].map(|value| format!(r#"{{"-":1.50,"a":[[{value}],7]}}"#));
    let changed = stored.map(|stored| format!(r#"{{"-":1.50,"a":[[{stored}],7]}}"#));
    assert_eq!(change(reader, &base_in, &ours_in).map(Cow::into_owned), changed, "{reader:?} {base} {ours}");
}

#[test]
fn serde_distinguishes_numbers_by_type() {
    let max = format!("17976931348623157{}", "0".repeat(292));
    for (base, ours) in [
        ("1.50", "1.5"),
        ("-0", "-0.0"),
        ("-0.0", "-0"),
        ("1e2", "100.0"),
        ("123456789012345678901234567890", "1.2345678901234568e29"),
        ("18446744073709551616", "1.8446744073709552e19"),
        ("-9223372036854775809", "-9.223372036854776e18"),
        ("10000000000000000000000", "1e22"),
        ("9007199254740993", "9007199254740992.0"),
        ("18446744073709551615", "1.8446744073709552e19"),
        ("0.1000000000000000055511151231257827", "0.1"),
        ("1e-400", "0.0"),
        (&max, "1.7976931348623157e308"),
        ("1e400", "null"),
        (&"9".repeat(400), "null"),
        ("-1E+400", "null"),
    ] {
        assert_change(Reader::Serde, base, ours, None);
    }
    for (base, ours) in [
        ("1.0", "1"),
        ("1", "1.0"),
        ("1", "1e0"),
        ("-0", "0"),
        ("0", "-0.0"),
        ("0.0", "-0.0"),
        ("9007199254740993", "9007199254740992"),
        ("9007199254740992", "9007199254740992.0"),
        ("123456789012345678901234567890", "123456789012345678901234567891"),
        ("1.2345678901234568e29", "123456789012345678901234567890"),
        ("-120.65487365123505", "-120.65487365123507"),
        ("1e400", "1e500"),
        ("1e400", "0"),
        ("null", "1e400"),
        ("false", "null"),
    ] {
        assert_change(Reader::Serde, base, ours, Some(ours));
    }
}

#[test]
fn javascript_distinguishes_numbers_as_doubles() {
    for (base, ours) in [
        ("9007199254740993", "9007199254740992"),
        ("1.0", "1"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("1e21", "1e+21"),
        ("123456789012345678901234567890", "1.2345678901234568e+29"),
        ("1e400", "null"),
        ("-1e400", "null"),
    ] {
        assert_change(Reader::JavaScript, base, ours, None);
    }
    for (base, ours) in [("9007199254740993", "9007199254740994"), ("1.0", "2"), ("1e400", "1"), ("1e400", "1e500")] {
        assert_change(Reader::JavaScript, base, ours, Some(ours));
    }
}

#[test]
fn only_javascript_distinguishes_lone_surrogates() {
    for (base, ours) in [(r#""\uD800é""#, r#""\ud800é""#), (r#"{"\uDFFF":1}"#, r#"{"\udfff":1}"#)] {
        assert_change(Reader::Serde, base, ours, None);
        assert_change(Reader::JavaScript, base, ours, None);
    }
    for (base, ours) in [(r#""\ud800é""#, "\"\u{fffd}é\""), (r#"{"\udfff":1}"#, "{\"\u{fffd}\":1}")] {
        assert_change(Reader::Serde, base, ours, None);
        assert_change(Reader::JavaScript, base, ours, Some(ours));
    }
    assert_change(Reader::Serde, r#""\ud800""#, r#""\ud801""#, Some(r#""\ud801""#));
    assert_change(Reader::Serde, "\"\u{fffd}\"", r#""\ud801""#, Some(r#""\ud801""#));
}

/// Names that are equal to the reader: it has read the last of them.
#[test]
fn a_member_hidden_from_the_reader_is_kept() {
    let base = "{\"\u{fffd}\":1,\"\\ud800\":2,\"\\ud801\":3,\"n\":1}";
    assert_change(Reader::Serde, base, "{\"\u{fffd}\":3,\"n\":1}", None);
    assert_change(
        Reader::Serde,
        base,
        "{\"n\":2,\"\u{fffd}\":4}",
        Some("{\"\u{fffd}\":1,\"\\ud800\":2,\"\\ud801\":4,\"n\":2}"),
    );
    assert_change(Reader::Serde, base, r#"{"n":1}"#, Some(r#"{"n":1}"#));
}

#[test]
fn an_array_item_keeps_its_text_when_it_moves() {
    let (one, two) = ("9007199254740993", "9007199254740995");
    let [read_one, read_two] = ["9007199254740992", "9007199254740996"];
    for (base, ours, stored) in [
        (format!("[{one}]"), format!("[{read_one},1]"), format!("[{one},1]")),
        (format!("[1,{one},2,{two},3]"), format!("[{read_one},{read_two}]"), format!("[{one},{two}]")),
        (format!("[{one},{two}]"), format!("[{read_two},{read_one}]"), format!("[{two},{one}]")),
        (
            format!(r#"[{{"id":{one},"n":1}},{{"id":{two},"n":1}}]"#),
            format!(r#"[{{"id":{read_one},"n":1}},{{"id":{read_two},"n":2}}]"#),
            format!(r#"[{{"id":{one},"n":1}},{{"id":{two},"n":2}}]"#),
        ),
        (
            format!(r#"[{{"id":{one}}},0,{{"id":{two}}}]"#),
            format!(r#"[{{"id":{read_two}}}]"#),
            format!(r#"[{{"id":{two}}}]"#),
        ),
    ] {
        assert_change(Reader::JavaScript, &base, &ours, Some(&stored));
    }
}

#[test]
fn null_in_place_of_a_value_too_deep_to_read_is_no_change() {
    let nested = |inner: &str| format!("{}{inner}{}", r#"{"a":"#.repeat(127), "}".repeat(127));
    let deep = |number: &str| nested(&format!("{}[ {number} ]{}", "[".repeat(20), "]".repeat(20)));
    let stored = |reader, base: &str, ours: String| change(reader, base, &ours).map(Cow::into_owned);
    assert_eq!(stored(Reader::Serde, &deep("1.0"), nested("null")), None);
    assert_eq!(stored(Reader::Serde, &deep("1.0"), deep("1")), Some(deep("1")));
    // JavaScript reads any depth.
    assert_eq!(stored(Reader::JavaScript, &deep("1.0"), nested("null")), Some(nested("null")));
    assert_eq!(stored(Reader::JavaScript, &deep("9007199254740993"), deep("9007199254740992").replace(' ', "")), None);
    assert_eq!(stored(Reader::JavaScript, &deep("1.0"), deep("2")), Some(deep("2")));
}

/// The cost is linear: quadratic work on this data would take minutes.
#[test]
fn deep_and_wide_data_is_compared_in_linear_time() {
    let items = |first: &str| format!("[{first}{}]", r#",{"a":1.5,"b":"é"}"#.repeat(20_000));
    for (open, close) in [(r#"{"x":1,"a":"#, "}"), ("[1,", "]"), (r#"[{"a":"#, "}]")] {
        let depth = 120 / open.matches(['{', '[']).count();
        let nested =
            |first: &str, extra: &str| format!("{}{}{extra}{}", open.repeat(depth), items(first), close.repeat(depth));
        let (base, theirs, ours) =
            (nested("1.50", ""), nested("1.50", " "), nested("1.5", " ").replace("é", "\\u00e9"));
        assert_eq!(change(Reader::Serde, &base, &ours), None);
        let changed = ours.replace("[1.5,", "[2.5,");
        let stored = change(Reader::Serde, &base, &changed).unwrap();
        assert_eq!(stored, base.replace("1.50", "2.5"));
        assert_eq!(merge(&base, &theirs, &stored).len(), stored.len());
    }
}
