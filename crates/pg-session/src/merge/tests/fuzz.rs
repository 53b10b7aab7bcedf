//! Fuzzing with randomly damaged JSON texts.
//!
//! For a long run: `PG_SESSION_TEST_CALLS=100000000 cargo test --release -p pg-session --lib fuzz`.

use std::borrow::Cow;
use std::env;

use fastrand::Rng;
use serde::de::IgnoredAny;

use crate::merge::change::change;
use crate::merge::json::same;
use crate::merge::reader::Reader;
use crate::merge::three_way::merge;

const SEEDS: [&str; 7] = [
    r#"{"a":1,"b":{"c":[1,2,{"d":null}],"e":"text"},"f":true}"#,
    r#"{"cart":{"items":[{"id":7,"n":1.50}]},"user":{"id":9007199254740993,"name":"J\u00fcrgen \ud83d\ude00"}}"#,
    r#"{"":{"":{"":{}}},"a":[[[[]]]],"b":-0.0,"c":1e400,"d":123456789012345678901234567890}"#,
    r#"{"a":"\ud800","b":"\\\"\n\u0000","a":"twice"}"#,
    r#"[{"a":1},"x",2.5e-3,null,false]"#,
    r#""text""#,
    " { \"a\" : 1 , \"b\" : [ ] } ",
];

fn damaged_text(rng: &mut Rng) -> String {
    let mut bytes = SEEDS[rng.usize(0..SEEDS.len())].as_bytes().to_vec();
    for _ in 0..rng.usize(0..4) {
        let place = rng.usize(0..=bytes.len());
        match rng.u8(0..5) {
            0 if place < bytes.len() => drop(bytes.remove(place)),
            1 if place < bytes.len() => bytes[place] = rng.u8(..),
            2 => bytes.insert(place, b"{}[]\",:\\0 e-"[rng.usize(0..12)]),
            // Inserts a part of a text.
            3 => {
                let other = SEEDS[rng.usize(0..SEEDS.len())].as_bytes();
                let start = rng.usize(0..other.len());
                let end = rng.usize(start..=other.len());
                bytes.splice(place..place, other[start..end].iter().copied());
            }
            _ => bytes.truncate(place),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

#[test]
fn nothing_panics_and_json_merges_to_json() {
    let rounds = env::var("PG_SESSION_TEST_CALLS").map_or(20_000, |text| text.parse().unwrap());
    let mut rng = Rng::with_seed(7);
    let mut merges_of_json = 0;
    for round in 0..rounds {
        let [base, theirs, ours] = [0; 3].map(|_| damaged_text(&mut rng));
        let merged = merge(&base, &theirs, &ours);
        let _ = (
            same(&base, &ours),
            change(Reader::Serde, &base, &ours).map(Cow::into_owned),
            change(Reader::JavaScript, &base, &ours).map(Cow::into_owned),
        );
        if [&base, &theirs, &ours].into_iter().all(|text| is_json(text)) {
            assert!(is_json(&merged), "round {round}: {base} / {theirs} / {ours}: {merged}");
            merges_of_json += 1;
        }
    }
    assert!(merges_of_json > rounds / 100, "{merges_of_json} merges of JSON");
}
