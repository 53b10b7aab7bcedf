//! The store's promises to tower-sessions.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration as StdDuration;

use pg_session_testkit::Database;
use pg_session_tower::pg_session::MAX_TTL;
use pg_session_tower::{PgStore, TowerStore};
use serde_json::{Value, json};
use time::{Date, Duration, OffsetDateTime, Time};

use super::api::session::{Id, Record};
use super::api::session_store::Error;
use super::api::{ExpiredDeletion, Expiry, Session, SessionStore};
use crate::store;

fn record(data: Value, expires_in: Duration) -> Record {
    let Value::Object(data) = data else { panic!("not an object: {data}") };
    Record { id: Id::default(), data: data.into_iter().collect(), expiry_date: OffsetDateTime::now_utc() + expires_in }
}

async fn data(store: &TowerStore, id: &Id) -> Option<Value> {
    store.load(id).await.unwrap().map(|record| record.data.into_iter().collect())
}

async fn set_by_another(database: &Database, id: &Id, json: &str) {
    let sql = "INSERT INTO session (id, expiry, session) VALUES ($1, now() + interval '1 hour', $2::text::json)";
    database.client().await.execute(sql, &[&id.to_string(), &json]).await.unwrap();
}

#[tokio::test]
async fn create_with_a_taken_id_chooses_another() {
    let database = Database::new();
    let store = store(&database).await;
    let mut first = record(json!({"n": 1}), Duration::HOUR);
    let mut second = Record { id: first.id, ..record(json!({"n": 2}), Duration::HOUR) };
    let id = first.id;
    store.create(&mut first).await.unwrap();
    store.create(&mut second).await.unwrap();
    assert_eq!(first.id, id);
    assert_ne!(second.id, id);
    assert_eq!(data(&store, &id).await, Some(json!({"n": 1})));
    assert_eq!(data(&store, &second.id).await, Some(json!({"n": 2})));
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_creates_with_one_id_get_different_ids() {
    const MANY: usize = 32;
    let database = Database::new();
    let store = store(&database).await;
    let id = Id::default();
    let tasks: Vec<_> = (0..MANY)
        .map(|n| {
            let (store, mut record) = (store.clone(), Record { id, ..record(json!({"n": n}), Duration::HOUR) });
            tokio::spawn(async move {
                store.create(&mut record).await.unwrap();
                (n, record.id)
            })
        })
        .collect();
    let mut ids = HashSet::new();
    for task in tasks {
        let (n, id) = task.await.unwrap();
        assert_eq!(data(&store, &id).await, Some(json!({"n": n})));
        ids.insert(id);
    }
    assert_eq!(ids.len(), MANY);
    assert!(ids.contains(&id));
}

#[tokio::test]
async fn saved_data_is_loaded_until_it_is_deleted() {
    let database = Database::new();
    let store = store(&database).await;
    let mut record = record(json!({"user": {"name": "Zoë \u{1F600}", "roles": [1, -2.5, null, true]}}), Duration::HOUR);
    assert_eq!(store.load(&record.id).await.unwrap(), None);

    store.create(&mut record).await.unwrap();
    let loaded = store.load(&record.id).await.unwrap().unwrap();
    assert_eq!((loaded.id, &loaded.data), (record.id, &record.data));

    record.data.insert("more".to_owned(), json!([]));
    store.save(&record).await.unwrap();
    assert_eq!(store.load(&record.id).await.unwrap().unwrap().data, record.data);

    store.delete(&record.id).await.unwrap();
    assert_eq!(store.load(&record.id).await.unwrap(), None);
    store.delete(&record.id).await.unwrap();
}

#[tokio::test]
async fn a_session_lives_until_its_expiry() {
    let database = Database::new();
    let store = store(&database).await;
    let mut hour = record(json!({}), Duration::HOUR);
    store.create(&mut hour).await.unwrap();
    let loaded = store.load(&hour.id).await.unwrap().unwrap();
    assert!((loaded.expiry_date - hour.expiry_date).abs() < Duration::seconds(5), "{loaded:?}");

    let mut short = record(json!({}), Duration::milliseconds(1500));
    store.create(&mut short).await.unwrap();
    assert!(store.load(&short.id).await.unwrap().is_some());
    let deadline = short.expiry_date + Duration::seconds(5);
    while store.load(&short.id).await.unwrap().is_some() {
        assert!(OffsetDateTime::now_utc() < deadline);
        tokio::time::sleep(StdDuration::from_millis(10)).await;
    }
    assert!(OffsetDateTime::now_utc() >= short.expiry_date);
}

#[tokio::test]
async fn an_expiry_in_the_far_future_is_kept() {
    let database = Database::new();
    let store = store(&database).await;
    let last = Date::MAX.with_time(Time::MAX).assume_utc();
    for expiry in [Expiry::AtDateTime(last), Expiry::OnInactivity(Duration::MAX)] {
        let session = Session::new(None, Arc::new(store.clone()), Some(expiry));
        session.insert("n", 1).await.unwrap();
        session.save().await.unwrap();
        let loaded = store.load(&session.id().unwrap()).await.unwrap().unwrap();
        assert!((last - loaded.expiry_date) < Duration::MINUTE, "{loaded:?}");
    }

    let id = Id::default();
    store.pg_store().set(&id.to_string(), &json!({}), MAX_TTL).await.unwrap();
    assert_eq!(store.load(&id).await.unwrap().unwrap().expiry_date, last);
}

#[tokio::test]
async fn an_expired_session_is_gone_at_once() {
    let database = Database::new();
    let store = store(&database).await;
    let mut record = record(json!({}), Duration::HOUR);
    for past in [OffsetDateTime::now_utc() - Duration::MILLISECOND, Date::MIN.with_time(Time::MIDNIGHT).assume_utc()] {
        record.expiry_date = OffsetDateTime::now_utc() + Duration::HOUR;
        store.create(&mut record).await.unwrap();
        assert!(store.load(&record.id).await.unwrap().is_some());
        record.expiry_date = past;
        store.save(&record).await.unwrap();
        assert_eq!(store.load(&record.id).await.unwrap(), None);
        store.create(&mut record).await.unwrap();
        assert_eq!(store.load(&record.id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn data_of_another_process_is_loaded() {
    let database = Database::new();
    let (store, id) = (store(&database).await, Id::default());
    let json = r#"{ "views":3, "cookie":{"maxAge":null,"path":"/"}, "name":"Zo\u00eb", "big":1e21, "views":4 }"#;
    set_by_another(&database, &id, json).await;
    let cookie = json!({"maxAge": null, "path": "/"});
    let expected = json!({"views": 4, "cookie": cookie, "name": "Zoë", "big": 1e21});
    assert_eq!(data(&store, &id).await, Some(expected));
}

#[tokio::test]
async fn data_that_is_not_an_object_is_a_decode_error() {
    let database = Database::new();
    let (store, id) = (store(&database).await, Id::default());
    set_by_another(&database, &id, r#"["s3cret"]"#).await;
    let error = store.load(&id).await.unwrap_err();
    assert!(matches!(error, Error::Decode(_)), "{error:?}");
    let message = format!("{error} {error:?}");
    assert!(
        message.contains("object") && !message.contains("s3cret") && !message.contains(&id.to_string()),
        "{message}"
    );
}

#[tokio::test]
async fn data_that_serde_json_cannot_read_is_a_decode_error() {
    let database = Database::new();
    let (store, id) = (store(&database).await, Id::default());
    set_by_another(&database, &id, &format!(r#"{{"s3cret":{}1{}}}"#, "[".repeat(200), "]".repeat(200))).await;
    let Err(Error::Decode(message)) = store.load(&id).await else { return };
    assert!(message.contains("line 1 column") && !message.contains("needs a JSON object"), "{message}");
    assert!(!message.contains("s3cret") && !message.contains(&id.to_string()), "{message}");
}

#[tokio::test]
async fn a_save_never_inserts() {
    let database = Database::new();
    let store = store(&database).await;
    let mut known = record(json!({"a": 1}), Duration::HOUR);
    store.create(&mut known).await.unwrap();
    let loaded = store.load(&known.id).await.unwrap().unwrap();
    store.pg_store().destroy(&known.id.to_string()).await.unwrap();
    for record in [&loaded, &known, &record(json!({"a": 1}), Duration::HOUR)] {
        store.save(record).await.unwrap();
        store.save(record).await.unwrap();
    }
    assert!(crate::http::ids(&database).await.is_empty());
}

#[tokio::test]
async fn concurrently_loaded_records_keep_each_others_changes() {
    let database = Database::new();
    let store = store(&database).await;
    let mut first = record(json!({"flash": 1, "kept": 1}), Duration::HOUR);
    store.create(&mut first).await.unwrap();
    let mut records = Vec::new();
    for n in 0..4 {
        let mut loaded = store.load(&first.id).await.unwrap().unwrap();
        // Others change the session between two loads, from a map that the store does not know.
        let data = loaded.data.clone().into_iter().chain([(format!("other-{n}"), json!(1))]).collect();
        store.save(&Record { data, ..loaded.clone() }).await.unwrap();
        loaded.data.insert(format!("a-{n}"), json!(1));
        records.push(loaded);
    }
    records[0].data.remove("flash");
    for record in &records {
        store.save(record).await.unwrap();
    }
    let mut expected = json!({"kept": 1});
    for n in 0..4 {
        expected[format!("other-{n}")] = json!(1);
        expected[format!("a-{n}")] = json!(1);
    }
    assert_eq!(data(&store, &first.id).await, Some(expected));
}

#[tokio::test]
async fn keys_are_written_in_sorted_order() {
    let database = Database::new();
    let store = store(&database).await;
    let mut record = record(json!({}), Duration::HOUR);
    record.data.extend(('a'..='z').map(|key| (key.to_string(), json!({"b": 1, "a": 2}))));
    store.create(&mut record).await.unwrap();
    let session = store.pg_store().get(&record.id.to_string()).await.unwrap().unwrap();
    let keys: Vec<_> = ('a'..='z').map(|key| format!(r#""{key}":{{"a":2,"b":1}}"#)).collect();
    assert_eq!(session.json(), format!("{{{}}}", keys.join(",")));
}

#[tokio::test]
async fn delete_expired_keeps_live_sessions() {
    let database = Database::new();
    let store = store(&database).await;
    let mut live = record(json!({}), Duration::HOUR);
    store.create(&mut live).await.unwrap();
    for _ in 0..3 {
        store.create(&mut record(json!({}), Duration::ZERO)).await.unwrap();
    }
    store.delete_expired().await.unwrap();
    assert_eq!(crate::http::ids(&database).await, [live.id.to_string()]);
}

#[tokio::test]
async fn errors_distinguish_the_data_from_the_database() {
    let database = Database::new();
    let store = TowerStore::new(PgStore::builder(database.url()).create(false).max_size(20).build().unwrap());
    let mut record = record(json!({"long": "12345678901234567890"}), Duration::HOUR);

    let error = store.load(&record.id).await.unwrap_err();
    assert!(matches!(&error, Error::Backend(message) if message.contains("create it, for example by")), "{error:?}");

    PgStore::new(database.url()).unwrap().setup().await.unwrap();
    store.create(&mut Record { data: HashMap::new(), ..record.clone() }).await.unwrap();
    for error in [store.save(&record).await.unwrap_err(), store.create(&mut record).await.unwrap_err()] {
        assert!(matches!(&error, Error::Encode(message) if message.contains("max_size")), "{error:?}");
    }

    store.pg_store().close().await;
    for error in [store.delete(&record.id).await.unwrap_err(), store.delete_expired().await.unwrap_err()] {
        assert!(matches!(error, Error::Backend(_)), "{error:?}");
    }
}
