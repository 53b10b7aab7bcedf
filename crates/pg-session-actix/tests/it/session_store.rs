//! The store's promises to actix-session.

use std::collections::{HashMap, HashSet};

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError, generate_session_key};
use actix_web::cookie::time::Duration;
use pg_session_actix::{ActixStore, PgStore};
use pg_session_testkit::Database;
use serde_json::{Value, json};

use crate::store;

const HOUR: &Duration = &Duration::HOUR;

fn state(data: &Value) -> HashMap<String, String> {
    data.as_object().unwrap().iter().map(|(key, value)| (key.clone(), value.to_string())).collect()
}

async fn stored(store: &ActixStore, key: &SessionKey) -> Option<String> {
    store.pg_store().get(key.as_ref()).await.unwrap().map(|session| session.json().to_owned())
}

fn copy(key: &SessionKey) -> SessionKey {
    key.as_ref().to_owned().try_into().unwrap()
}

#[actix_web::test]
async fn saved_data_is_loaded_until_it_is_deleted() {
    let database = Database::new();
    let store = store(&database).await;
    let data = json!({"user": {"name": "Zoë \u{1F600}", "roles": [1, -2.5, null, true]}, "text": "\"{}\\"});
    let key = store.save(state(&data), HOUR).await.unwrap();
    assert_eq!(store.load(&key).await.unwrap().unwrap(), state(&data));

    let key = store.update(key, state(&json!({"b": {"d": 1, "c": 2}, "a": "1"})), HOUR).await.unwrap();
    assert_eq!(stored(&store, &key).await.unwrap(), r#"{"a":"1","b":{"c":2,"d":1}}"#);

    store.delete(&key).await.unwrap();
    assert_eq!(store.load(&key).await.unwrap(), None);
    store.delete(&key).await.unwrap();
}

#[actix_web::test]
async fn keys_are_unguessable_and_unique() {
    let database = Database::new();
    let store = store(&database).await;
    let mut keys = HashSet::new();
    for _ in 0..9 {
        let key = store.save(HashMap::new(), HOUR).await.unwrap();
        assert!(key.as_ref().len() >= 32 && key.as_ref().chars().all(|c| c.is_ascii_alphanumeric()));
        keys.insert(key.as_ref().to_owned());
    }
    assert_eq!(keys.len(), 9);
}

#[actix_web::test]
async fn an_ended_session_is_not_saved_again() {
    let database = Database::new();
    let store = store(&database).await;
    let gone = generate_session_key();
    store.update_ttl(&gone, HOUR).await.unwrap();
    let key = store.update(copy(&gone), state(&json!({"a": 1})), HOUR).await.unwrap();
    assert_eq!(key, gone);
    store.update_ttl(&gone, HOUR).await.unwrap();
    assert_eq!(store.pg_store().count().await.unwrap(), 0);
}

#[actix_web::test]
async fn a_session_lives_for_its_time_to_live() {
    let database = Database::new();
    let store = store(&database).await;
    let key = store.save(HashMap::new(), HOUR).await.unwrap();
    let left = async || store.pg_store().get(key.as_ref()).await.unwrap().map(|session| session.expires_in().as_secs());
    assert!((3590..=3600).contains(&left().await.unwrap()));
    store.update_ttl(&key, &(2 * *HOUR)).await.unwrap();
    assert!((7190..=7200).contains(&left().await.unwrap()));
    store.update(copy(&key), state(&json!({"a": 1})), HOUR).await.unwrap();
    assert!((3590..=3600).contains(&left().await.unwrap()));
    store.update_ttl(&key, &Duration::MAX).await.unwrap();
    assert!(left().await.unwrap() > 7200);
    store.update_ttl(&key, &Duration::seconds(-1)).await.unwrap();
    assert_eq!(left().await, None);
}

#[actix_web::test]
async fn data_of_another_process_is_loaded() {
    let database = Database::new();
    let store = store(&database).await;
    let json = r#"{ "views":3, "cookie":{"maxAge":null, "path":"/"}, "name":"Zo\u00eb" }"#;
    let sql = "INSERT INTO session (id, expiry, session) VALUES ('a', now() + interval '1 hour', $1::text::json)";
    database.client().await.execute(sql, &[&json]).await.unwrap();
    let loaded = store.load(&"a".to_owned().try_into().unwrap()).await.unwrap().unwrap();
    let expected = [("views", "3"), ("cookie", r#"{"maxAge":null, "path":"/"}"#), ("name", r#""Zo\u00eb""#)];
    assert_eq!(loaded, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
}

#[actix_web::test]
async fn data_that_is_not_an_object_is_a_deserialization_error() {
    let database = Database::new();
    let store = store(&database).await;
    store.pg_store().set("a", &["s3cret"], None).await.unwrap();
    let error = store.load(&"a".to_owned().try_into().unwrap()).await.unwrap_err();
    let LoadError::Deserialization(error) = error else { panic!("{error:?}") };
    let message = format!("{error:?}");
    assert!(message.contains("object") && !message.contains("s3cret"), "{message}");
}

#[actix_web::test]
async fn errors_distinguish_the_data_from_the_database() {
    let database = Database::new();
    let store = ActixStore::new(PgStore::builder(database.url()).create(false).max_size(20).build().unwrap());
    let key = generate_session_key();
    let error = store.load(&key).await.unwrap_err();
    assert!(
        matches!(&error, LoadError::Other(error) if error.to_string().contains("create it, for example by")),
        "{error:?}"
    );

    PgStore::new(database.url()).unwrap().setup().await.unwrap();
    let key = store.save(state(&json!({"a": 1})), HOUR).await.unwrap();
    let long = state(&json!({"long": "12345678901234567890"}));
    let error = store.save(long.clone(), HOUR).await.unwrap_err();
    assert!(matches!(&error, SaveError::Serialization(error) if error.to_string().contains("max_size")), "{error:?}");
    let error = store.update(copy(&key), long, HOUR).await.unwrap_err();
    assert!(matches!(&error, UpdateError::Serialization(error) if error.to_string().contains("max_size")), "{error:?}");
    let error = store.save(HashMap::from([("a".to_owned(), "not JSON".to_owned())]), HOUR).await.unwrap_err();
    assert!(matches!(error, SaveError::Serialization(_)), "{error:?}");

    store.pg_store().close().await;
    let error = store.save(HashMap::new(), HOUR).await.unwrap_err();
    assert!(matches!(error, SaveError::Other(_)), "{error:?}");
    let error = store.update(copy(&key), HashMap::new(), HOUR).await.unwrap_err();
    assert!(matches!(error, UpdateError::Other(_)), "{error:?}");
    store.update_ttl(&key, HOUR).await.unwrap_err();
    store.delete(&key).await.unwrap_err();
}
