//! Rust and Node share one table.

use pg_session::PgStore;
use pg_session_testkit::Database;
use serde_json::{Value, json};

/// Runs these calls of a store `store` in Node. Returns their output.
fn node(database: &Database, calls: &str) -> String {
    let program = format!(
        "const store = new (require('pg-session'))(process.env.DATABASE_URL);
        (async () => {{ await store.setup(); {calls} }})();"
    );
    crate::node(&program, &[("DATABASE_URL", &database.url())])
}

#[tokio::test]
async fn rust_reads_sessions_of_node() {
    let database = Database::new();
    node(&database, r#"await store.set("a", { text: "Zoë \u{1F600}\0", numbers: [1, 0.1, -1e-7] }, 60_000);"#);
    let store = PgStore::new(database.url()).unwrap();
    store.setup().await.unwrap();
    let session = store.get("a").await.unwrap().unwrap();
    assert_eq!(session.decode::<Value>().unwrap(), json!({"text": "Zoë \u{1F600}\0", "numbers": [1, 0.1, -1e-7]}));
    assert!((50..=60).contains(&session.expires_in().as_secs()), "{session:?}");
    assert!(store.destroy("a").await.unwrap());
    assert_eq!(node(&database, r#"console.log(await store.get("a"));"#), "false");
}

#[tokio::test]
async fn node_reads_sessions_of_rust() {
    let database = Database::new();
    let store = PgStore::new(database.url()).unwrap();
    store.setup().await.unwrap();
    store.set("a", &json!({"text": "Zoë", "numbers": [1, 0.5]}), None).await.unwrap();
    let output = node(&database, r#"console.log(JSON.stringify(await store.get("a"))); await store.destroy("a");"#);
    assert_eq!(serde_json::from_str::<Value>(&output).unwrap(), json!({"text": "Zoë", "numbers": [1, 0.5]}));
    assert!(store.get("a").await.unwrap().is_none());
}
