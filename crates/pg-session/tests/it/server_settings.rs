//! Settings of the server, the database or the role change no answer.

use std::time::Duration;

use pg_session::{ErrorKind, PgStore, Updated};
use serde_json::json;

use crate::via::{MINUTE, contract};

const SETTINGS: [(&str, &str); 14] = [
    ("extra_float_digits", "-15"),
    ("datestyle", "German, DMY"),
    ("intervalstyle", "sql_standard"),
    ("standard_conforming_strings", "off"),
    ("escape_string_warning", "on"),
    ("bytea_output", "escape"),
    ("lc_messages", "C"),
    ("lc_numeric", "C"),
    ("lc_monetary", "C"),
    ("lc_time", "C"),
    ("transform_null_equals", "on"),
    ("array_nulls", "off"),
    ("xmloption", "document"),
    ("row_security", "off"),
];

async fn assert_every_answer_is_right(store: &PgStore) {
    let ttl = Duration::from_millis(2_712_345);
    store.set("a", &json!({"user": "it's \\ Zoë", "sum": 0.1 + 0.2}), ttl).await.unwrap();
    let is_near = |left: Duration| left <= ttl && left > ttl - MINUTE / 2;
    let base = store.get("a").await.unwrap().unwrap();
    assert!(is_near(base.expires_in()), "{:?}", base.expires_in());
    assert!(base.json().contains("0.30000000000000004"), "{}", base.json());
    let all = store.all().await.unwrap();
    assert!(is_near(all[0].expires_in()), "{all:?}");
    let of_user = store.sessions_of("it's \\ Zoë").await.unwrap();
    assert!(of_user.len() == 1 && is_near(of_user[0].expires_in()), "{of_user:?}");
    assert_eq!(store.update(&base, &json!({"user": 1}), ttl).await.unwrap(), Updated::Saved);
    assert!(store.touch("a", ttl).await.unwrap());
    let taken = store.take("a").await.unwrap().unwrap();
    assert!(is_near(taken.expires_in()) && taken.created().is_some_and(|at| at > 1_700_000_000_000_000), "{taken:?}");
    store.set("b", &1, Duration::ZERO).await.unwrap();
    assert_eq!(store.sweep().await.unwrap(), 1);
}

contract! {
    async fn settings_change_no_answer(fixture: Fixture) {
        for (name, value) in SETTINGS {
            fixture.sql(&format!("ALTER DATABASE {} SET {name} = '{value}'", fixture.database.name())).await;
        }
        for columns in ["expiry timestamptz, session json", "expiry timestamp, session jsonb"] {
            let ddl = format!(
                r#"DROP TABLE IF EXISTS "it's\b";
                   CREATE TABLE "it's\b" (id varchar PRIMARY KEY, {columns}, created timestamptz NOT NULL DEFAULT now())"#
            );
            fixture.sql(&ddl).await;
            let builder = fixture.builder().table(r"it's\b").subject("user").max_age(600 * MINUTE);
            let store = fixture.set_up(builder).await;
            assert_every_answer_is_right(&store).await;
        }
    }

    async fn another_encoding_of_the_database_changes_no_answer(fixture: Fixture) {
        for encoding in ["LATIN1", "SQL_ASCII"] {
            let name = format!("{}_{}", fixture.database.name(), encoding.to_lowercase());
            fixture.sql(&format!("CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")).await;
            let url = fixture.database.url().replace(fixture.database.name(), &name);
            let store = fixture.set_up(fixture.builder_at(&url).subject("user").max_age(600 * MINUTE)).await;
            assert_every_answer_is_right(&store).await;
            // No session of a LATIN1 database has such an id, so a forged cookie finds none.
            let id = "\u{1F600}";
            assert_eq!((store.get(id).await.unwrap(), store.take(id).await.unwrap()), (None, None));
            assert!(!store.destroy(id).await.unwrap() && !store.touch(id, None).await.unwrap());
            if encoding == "LATIN1" {
                for error in [store.set(id, &1, None).await.unwrap_err(), store.set("a", &id, None).await.unwrap_err()] {
                    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
                    assert!(error.to_string().contains("the encoding UTF8"), "{error}");
                }
            }
            store.close().await;
            drop(store);
            fixture.sql(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }

    async fn a_read_only_default_is_named_in_the_error(fixture: Fixture) {
        fixture.store().await.close().await;
        fixture.sql(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", fixture.database.name())).await;
        let store = fixture.set_up(fixture.builder().timeout(Duration::from_secs(2))).await;
        assert_eq!(store.get("a").await.unwrap(), None);
        let error = store.set("a", &1, None).await.unwrap_err();
        assert!(error.to_string().contains("default_transaction_read_only"), "{error}");
    }
}
