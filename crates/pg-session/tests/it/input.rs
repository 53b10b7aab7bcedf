//! Invalid input is refused before anything is sent, with an error that says what to do.

use std::time::Duration;

use pg_session::{Error, ErrorKind, MAX_TTL, PgStore, Rotated, Session, Updated};

use crate::via::contract;

fn assert_kind(error: &Error, kind: ErrorKind) {
    assert_eq!((error.kind(), error.is_retryable(), error.sqlstate()), (kind, false, None), "{error}");
}

contract! {
    async fn ids_that_cannot_be_stored_are_refused_where_they_would_be(fixture: Fixture) {
        let store = fixture.store().await;
        let long = "x".repeat(1025);
        for (id, message) in [("", "empty"), ("a\0b", "NUL"), (&long, "1025 bytes")] {
            for error in [
                store.set(id, &1, None).await.unwrap_err(),
                store.create(id, &1, None).await.unwrap_err(),
                store.rotate("a", id).await.unwrap_err(),
            ] {
                assert_kind(&error, ErrorKind::InvalidInput);
                assert!(error.to_string().contains(message) && !error.to_string().contains("xxx"), "{error}");
            }
        }
    }

    async fn no_session_has_an_id_that_cannot_be_stored(fixture: Fixture) {
        let store = fixture.store().await;
        let other = fixture.database.client().await;
        // Whatever is sent would wait for this lock.
        other.batch_execute("BEGIN; LOCK TABLE session").await.unwrap();
        for id in ["", "a\0b", &"x".repeat(1025), &"ä".repeat(550)] {
            assert_eq!((store.get(id).await.unwrap(), store.take(id).await.unwrap()), (None, None));
            assert!(!store.destroy(id).await.unwrap() && !store.touch(id, None).await.unwrap());
            assert!(!store.touch(id, Duration::ZERO).await.unwrap());
            assert_eq!(store.rotate(id, "new").await.unwrap(), Rotated::Gone);
            let base = Session::from_parts(id, "1");
            for data in [1, 2] {
                assert_eq!(store.update(&base, &data, None).await.unwrap(), Updated::Gone);
            }
        }
        other.batch_execute("COMMIT").await.unwrap();
    }

    async fn a_ttl_over_the_limit_is_refused(fixture: Fixture) {
        let store = fixture.store().await;
        for ttl in [MAX_TTL + Duration::from_nanos(1), Duration::MAX] {
            for error in [
                store.set("a", &1, ttl).await.unwrap_err(),
                store.create("a", &1, ttl).await.unwrap_err(),
                store.touch("a", ttl).await.unwrap_err(),
            ] {
                assert_kind(&error, ErrorKind::InvalidInput);
                assert!(error.to_string().contains("at most 10,000 years"), "{error}");
            }
        }
        assert_eq!(store.get("a").await.unwrap(), None);
    }

    async fn data_over_max_size_is_refused(fixture: Fixture) {
        let store = fixture.set_up(fixture.builder().max_size(10)).await;
        for error in [
            store.set("a", "123456789", None).await.unwrap_err(),
            store.create("a", "123456789", None).await.unwrap_err(),
        ] {
            assert_kind(&error, ErrorKind::TooLarge);
            assert!(error.to_string().contains("11 bytes"), "{error}");
        }
        store.set("a", "12345678", None).await.unwrap();
        assert_eq!(
            fixture.store().await.set("b", &"x".repeat(1 << 20), None).await.unwrap_err().kind(),
            ErrorKind::TooLarge
        );
    }

    async fn data_that_is_nested_too_deeply_is_refused(fixture: Fixture) {
        let store = fixture.set_up(fixture.builder().max_size(4 << 20)).await;
        let deep = "[".repeat(1 << 20) + &"]".repeat(1 << 20);
        let deep = serde_json::value::RawValue::from_string(deep);
        // Either serde_json or PostgreSQL refuses it. The store stays usable.
        if let Ok(deep) = deep {
            assert_eq!(store.set("a", &deep, None).await.unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        store.set("a", &1, None).await.unwrap();
    }
}

#[test]
fn options_out_of_range_are_refused() {
    let builder = || PgStore::builder("postgres://localhost/app");
    let long = "x".repeat(64);
    for (builder, option, message) in [
        (builder().schema(""), "schema", "is empty"),
        (builder().table("a\0b"), "table", "has a NUL"),
        (builder().table(long), "table", "is longer than the 63 bytes"),
        (builder().id_column(""), "id_column", "is empty"),
        (builder().expiry_column(""), "expiry_column", "is empty"),
        (builder().data_column(""), "data_column", "is empty"),
        (builder().max_size(0), "max_size", "1 to"),
        (builder().max_size(usize::MAX), "max_size", "1 to"),
        (builder().timeout(Duration::ZERO), "timeout", "more than zero"),
        (builder().timeout(Duration::MAX), "timeout", "at most"),
        (builder().cleanup_interval(Duration::MAX), "cleanup_interval", "at most"),
        (builder().touch_every(Duration::MAX), "touch_every", "at most"),
    ] {
        let error = builder.build().unwrap_err();
        assert_kind(&error, ErrorKind::Configuration);
        assert_eq!(error.option(), Some(option));
        assert!(error.problem().contains(message), "{error}");
    }
}
