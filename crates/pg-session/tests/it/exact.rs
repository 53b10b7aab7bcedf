//! Data that readers round, replace or refuse. An update never changes it by accident.

use std::collections::HashMap;
use std::error::Error;

use pg_session::{ErrorKind, PgStore, Session, Updated};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::via::{Fixture, contract};

/// Returns a store whose data column has this type, and the session `a` with this data.
async fn with_session(fixture: &Fixture, column: &str, data: &str) -> (PgStore, Session) {
    fixture.sql("DROP TABLE IF EXISTS session").await;
    fixture.sql(&format!("CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session {column})")).await;
    fixture.sql(&format!("INSERT INTO session VALUES ('a', now() + '45 min', '{data}')")).await;
    let store = fixture.store().await;
    let session = found(&store).await;
    (store, session)
}

async fn found(store: &PgStore) -> Session {
    store.get("a").await.unwrap().unwrap()
}

/// Returns the stored text of each key except `n`.
async fn texts(fixture: &Fixture) -> String {
    let sql =
        "SELECT string_agg(key || value, ' ' ORDER BY key) FROM session, json_each(session::json) WHERE key <> 'n'";
    fixture.value(sql).await
}

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.into()).unwrap()
}

/// Identifies the version of the row.
const VERSION: &str = "SELECT xmin || ' ' || ctid FROM session";

const DELICATE: &str = r#"{"big":123456789012345678901234567890,"id":9007199254740993,"huge":1e400,"price":1.50,"zero":-0,
    "double":-120.65487365123505,"list":[9007199254740993,{"id":9007199254740993, "n":1.0}],"n":1}"#;

/// `DELICATE` as JavaScript writes it, with this `list` and `n`.
fn from_javascript(list: &str, n: u32) -> Box<RawValue> {
    raw(&format!(
        r#"{{"big":1.2345678901234568e+29,"id":9007199254740992,"huge":null,"price":1.5,"zero":0,
            "double":-120.65487365123505,"list":{list},"n":{n}}}"#
    ))
}

contract! {
    async fn unchanged_numbers_keep_their_text(fixture: Fixture) {
        for column in ["json", "jsonb"] {
            let (store, base) = with_session(&fixture, column, DELICATE).await;
            let (before, version) = (texts(&fixture).await, fixture.value(VERSION).await);
            let mut data: Value = base.decode().unwrap();
            assert_eq!(store.update(&base, &data, None).await.unwrap(), Updated::Unchanged);
            assert_eq!(fixture.value(VERSION).await, version);
            data["n"] = json!(2);
            assert_eq!(store.update(&base, &data, None).await.unwrap(), Updated::Saved);
            assert_eq!(texts(&fixture).await, before, "{column}");

            let base = found(&store).await.read_by_javascript();
            let list = r#"[9007199254740992,{"id":9007199254740992,"n":1}]"#;
            let version = fixture.value(VERSION).await;
            assert_eq!(store.update(&base, &from_javascript(list, 2), None).await.unwrap(), Updated::Unchanged);
            assert_eq!(fixture.value(VERSION).await, version);
            assert_eq!(store.update(&base, &from_javascript(list, 3), None).await.unwrap(), Updated::Saved);
            assert_eq!(texts(&fixture).await, before, "{column}");
            // The unchanged items of a changed list keep theirs, too.
            let base = found(&store).await.read_by_javascript();
            let list = r#"[0,9007199254740992,{"id":9007199254740992,"n":2}]"#;
            assert_eq!(store.update(&base, &from_javascript(list, 3), None).await.unwrap(), Updated::Saved);
            let list = "SELECT concat_ws(' ', session->'list'->1, session->'list'->2->'id', session->'list'->2->'n') FROM session";
            assert_eq!(fixture.value(list).await, "9007199254740993 9007199254740993 2");
        }
    }

    /// The fingerprints of the texts show at once that something has changed.
    async fn an_id_keeps_its_digits_next_to_a_change(fixture: Fixture) {
        for column in ["json", "jsonb"] {
            let (store, base) = with_session(&fixture, column, r#"{"id":9007199254740993,"n":1}"#).await;
            let base = base.read_by_javascript();
            // A caller repeats the update if the reply was lost.
            for _ in 0..2 {
                let ours = json!({"id": 9007199254740992_u64, "n": 3});
                assert_eq!(store.update(&base, &ours, None).await.unwrap(), Updated::Saved);
                let stored = json!({"id": 9007199254740993_u64, "n": 3});
                assert_eq!(found(&store).await.decode::<Value>().unwrap(), stored);
            }
        }
    }

    /// The base of an adapter's second save is what it saved before, not what was stored for it.
    async fn a_second_save_of_a_request_rounds_nothing(fixture: Fixture) {
        for column in ["json", "jsonb"] {
            let (store, _) = with_session(&fixture, column, r#"{"list":[{"id":9007199254740993},1.0,1],"n":1}"#).await;
            let ours = |last: u32, n: u32| format!(r#"{{"list":[{{"id":9007199254740992}},1,{last}],"n":{n}}}"#);
            let mut saved = found(&store).await.json().to_owned();
            for (last, n) in [(2, 2), (3, 2), (3, 3), (3, 3), (4, 4)] {
                let base = Session::from_parts("a", saved).read_by_javascript();
                let _ = store.update(&base, &raw(&ours(last, n)), None).await.unwrap();
                saved = ours(last, n);
                let stored = format!(r#"{{"list":[{{"id":9007199254740993}},1.0,{last}],"n":{n}}}"#);
                let sql = "SELECT json_build_object('list', session->'list', 'n', session->'n') FROM session";
                assert_eq!(fixture.value(sql).await.replace(' ', ""), stored, "{column}");
            }
        }
    }

    async fn a_number_that_others_changed_keeps_their_text(fixture: Fixture) {
        for column in ["json", "jsonb"] {
            for reader in ["serde_json", "javascript"] {
                let (store, base) = with_session(&fixture, column, DELICATE).await;
                let theirs = r#"{"big":7,"id":9007199254740994,"huge":2e400,"price":2.50,"zero":0,"double":1.5,
                    "list":[1],"n":1}"#;
                let (data, base) = match reader {
                    "javascript" => (
                        from_javascript(r#"[9007199254740992,{"id":9007199254740992,"n":1}]"#, 2),
                        base.read_by_javascript(),
                    ),
                    _ => {
                        let mut data: Value = base.decode().unwrap();
                        data["n"] = json!(2);
                        (raw(&data.to_string()), base)
                    }
                };
                store.set("a", &raw(theirs), None).await.unwrap();
                let after = texts(&fixture).await;
                assert_eq!(store.update(&base, &data, None).await.unwrap(), Updated::Merged);
                assert_eq!(texts(&fixture).await, after, "{column} {reader}");
                assert_eq!(found(&store).await.decode::<Value>().unwrap()["n"], 2);
            }
        }
    }

    /// A field of type `f64` turns integers into doubles.
    async fn integers_read_as_doubles_do_not_undo_changes_of_others(fixture: Fixture) {
        for column in ["json", "jsonb"] {
            let (store, base) = with_session(&fixture, column, r#"{"price":100,"prices":[1,2],"m":1,"n":1}"#).await;
            assert_eq!(
                store.update(&base, &json!({"price": 200, "prices": [1, 2, 3], "m": 1, "n": 1}), None).await.unwrap(),
                Updated::Saved
            );
            let ours = json!({"price": 100.0, "prices": [1.0, 2.0], "m": 1, "n": 2});
            assert_eq!(store.update(&base, &ours, None).await.unwrap(), Updated::Merged);
            let both = json!({"price": 200, "prices": [1, 2, 3], "m": 1, "n": 2});
            assert_eq!(found(&store).await.decode::<Value>().unwrap(), both);
        }
    }

    async fn another_type_of_number_is_a_change(fixture: Fixture) {
        for column in ["json", "jsonb"] {
            let (store, base) = with_session(&fixture, column, r#"{"count":1.0}"#).await;
            assert_eq!(store.update(&base, &json!({"count": 1}), None).await.unwrap(), Updated::Saved);
            let base = found(&store).await;
            assert_eq!(base.decode::<HashMap<String, u64>>().unwrap()["count"], 1);
            assert_eq!(store.update(&base, &json!({"count": 1.0}), None).await.unwrap(), Updated::Saved);
            let base = found(&store).await;
            assert_eq!(base.decode::<Value>().unwrap(), json!({"count": 1.0}));
            // Such a change by others is kept in a merge.
            store.set("a", &json!({"count": 1}), None).await.unwrap();
            assert_eq!(store.update(&base, &json!({"count": 1.0, "n": 1}), None).await.unwrap(), Updated::Merged);
            assert_eq!(found(&store).await.decode::<HashMap<String, u64>>().unwrap()["count"], 1);
        }
    }

    async fn doubles_are_read_exactly(fixture: Fixture) {
        for column in ["json", "jsonb"] {
            let (store, _) = with_session(&fixture, column, "0").await;
            let mut random = fastrand::Rng::with_seed(7);
            let edges = [f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 1e16, 1e-7, -120.65487365123505, 0.0];
            let finite = std::iter::repeat_with(|| f64::from_bits(random.u64(..))).filter(|double| double.is_finite());
            let usual: Vec<f64> = (0..2_000).map(|n| f64::from(n) / 7.0 - 120.65487365123505).collect();
            let doubles: Vec<f64> = edges.into_iter().chain(usual).chain(finite.take(200)).collect();
            store.set("a", &doubles, None).await.unwrap();
            let session = found(&store).await;
            assert_eq!(session.decode::<Vec<f64>>().unwrap(), doubles, "{column}");
            let data: Value = session.decode().unwrap();
            assert_eq!(data, serde_json::from_str::<Value>(session.json()).unwrap());
            assert_eq!(store.update(&session, &data, None).await.unwrap(), Updated::Unchanged);
        }
    }

    async fn integers_of_any_size_are_read_and_updated(fixture: Fixture) {
        for column in ["json", "jsonb"] {
            let (store, _) = with_session(&fixture, column, "0").await;
            for number in [u128::MAX, u128::MAX - 1, u128::from(u64::MAX) + 1, u128::from(u64::MAX)] {
                assert_eq!(store.update(&found(&store).await, &number, None).await.unwrap(), Updated::Saved);
                assert_eq!(found(&store).await.decode::<u128>().unwrap(), number, "{column}");
            }
        }
    }

    async fn data_with_a_lone_surrogate_is_readable(fixture: Fixture) {
        let stored = |n: u32| format!(r#"{{"\uDFFF":{{"text":"\ud800!"}},"m":7,"n":{n}}}"#);
        let (store, base) = with_session(&fixture, "json", &stored(1)).await;
        let mut data: Value = base.decode().unwrap();
        assert_eq!(data, json!({"\u{fffd}": {"text": "\u{fffd}!"}, "m": 7, "n": 1}));
        assert_eq!(store.update(&base, &data, None).await.unwrap(), Updated::Unchanged);
        data["n"] = json!(2);
        assert_eq!(store.update(&base, &data, None).await.unwrap(), Updated::Saved);
        assert_eq!(found(&store).await.json(), stored(2));
        // The same in a merge.
        data["n"] = json!(3);
        store.set("a", &raw(&stored(2).replace('7', "8")), None).await.unwrap();
        assert_eq!(store.update(&base, &data, None).await.unwrap(), Updated::Merged);
        assert_eq!(found(&store).await.json(), stored(3).replace('7', "8"));

        let error = base.decode::<HashMap<String, u32>>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let source = error.source().unwrap().to_string();
        assert!(source.ends_with("the data has a lone surrogate at byte 2"), "{source}");
    }

    async fn data_with_deep_nesting_is_readable(fixture: Fixture) {
        for column in ["json", "jsonb"] {
            let deep = format!("{}1.50{}", "[".repeat(140), "]".repeat(140));
            let (store, base) = with_session(&fixture, column, &format!(r#"{{"deep":{deep},"m":7,"n":1}}"#)).await;
            let before = texts(&fixture).await;
            let mut data: Value = base.decode().unwrap();
            assert_eq!(data["m"], 7);
            assert_eq!(store.update(&base, &data, None).await.unwrap(), Updated::Unchanged);
            data["n"] = json!(2);
            assert_eq!(store.update(&base, &data, None).await.unwrap(), Updated::Saved);
            assert_eq!(texts(&fixture).await, before);
            let source = base.decode::<HashMap<String, u32>>().unwrap_err().source().unwrap().to_string();
            assert!(source.contains("the data has a value nested deeper than 127 levels at byte 1"), "{source}");
            // Data that can be saved can be read.
            let mut deep = json!("innermost");
            for _ in 0..150 {
                deep = json!({"a": deep});
            }
            store.set("a", &json!({"deep": deep, "m": 7}), None).await.unwrap();
            assert_eq!(found(&store).await.decode::<Value>().unwrap()["m"], 7);
        }
    }
}
