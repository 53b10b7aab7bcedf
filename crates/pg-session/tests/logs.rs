//! No log line contains a session id, data or a password, even at trace level.

#![cfg(feature = "native")]
#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect should fail")]

use std::fmt::Write;
use std::sync::Mutex;
use std::time::Duration;

use pg_session::PgStore;
use pg_session_testkit::Database;

static LOGGED: Mutex<String> = Mutex::new(String::new());

/// Keeps everything that is logged. Most of it comes from tokio-postgres.
struct Keep;

impl log::Log for Keep {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }

    fn log(&self, record: &log::Record) {
        writeln!(LOGGED.lock().unwrap(), "{} {}", record.target(), record.args()).unwrap();
    }

    fn flush(&self) {}
}

#[tokio::test]
async fn nothing_secret_is_logged() {
    log::set_logger(&Keep).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let database = Database::new();
    let url: tokio_postgres::Config = database.url().parse().unwrap();
    let password = String::from_utf8(url.get_password().unwrap().to_vec()).unwrap();
    for prepare in [true, false] {
        let store = PgStore::builder(database.url()).prepare(prepare).connections(1).build().unwrap();
        store.setup().await.unwrap();
        let calls: Vec<_> = (0..20)
            .map(|n| {
                let store = store.clone();
                tokio::spawn(async move {
                    let id = &format!("the-id-{n}");
                    store.set(id, &"the-data", None).await.unwrap();
                    store.touch(id, Duration::from_secs(9999)).await.unwrap();
                    store.get(id).await.unwrap().unwrap();
                    let _ = store.create(id, &"the-data", None).await.unwrap();
                    store.destroy(id).await.unwrap();
                })
            })
            .collect();
        for call in calls {
            call.await.unwrap();
        }
        store.close().await;
    }
    let logged = LOGGED.lock().unwrap();
    assert!(logged.contains("tokio_postgres"), "the test must see the log");
    for secret in ["the-id", "the-data", &password] {
        assert!(!logged.contains(secret), "{}", logged.lines().find(|line| line.contains(secret)).unwrap());
    }
}
