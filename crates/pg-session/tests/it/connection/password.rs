//! A password that a function makes for each login.

use std::future::pending;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pg_session::{ErrorKind, PgStore};
use pg_session_testkit::Database;

use super::assert_error;

#[tokio::test]
async fn each_login_asks_the_function_for_the_password() {
    let database = Database::new();
    let (admin, role) = (database.client().await, format!("iam_{}", database.name()));
    admin.batch_execute(&format!("CREATE ROLE {role} SUPERUSER LOGIN PASSWORD 'token-1'")).await.unwrap();
    let token = Arc::new(Mutex::new("token-1".to_owned()));
    let (calls, current) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&token));
    let counted = Arc::clone(&calls);
    let store = PgStore::builder(database.url_as(&role, "outdated"))
        .connections(1)
        .cleanup_interval(Duration::ZERO)
        .password(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            let token = current.lock().unwrap().clone();
            async { Ok::<_, io::Error>(token) }
        })
        .build()
        .unwrap();
    store.setup().await.unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 1);

    // The token is replaced, as clouds do every few minutes, and the connection is lost.
    admin.batch_execute(&format!("ALTER ROLE {role} PASSWORD 'token-2'")).await.unwrap();
    *token.lock().unwrap() = "token-2".to_owned();
    let sql = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'");
    admin.batch_execute(&sql).await.unwrap();
    assert!(store.get("a").await.unwrap().is_none());
    assert!(calls.load(Ordering::Relaxed) >= 2);
    store.close().await;
    admin.batch_execute(&format!("REASSIGN OWNED BY {role} TO CURRENT_USER; DROP ROLE {role}")).await.unwrap();
}

#[tokio::test]
async fn a_function_that_fails_is_an_outage_with_the_cause() {
    let database = Database::new();
    let url = format!("{}?connect_timeout=1", database.url());
    let builder = || PgStore::builder(&url).cleanup_interval(Duration::ZERO);

    let short = || builder().timeout(Duration::from_secs(2));
    let store = short().password(|| async { Err::<String, _>("no token today") }).build().unwrap();
    let error = store.setup().await.unwrap_err();
    assert_error(&error, ErrorKind::Unavailable, &["the function for the password failed"]);
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "no token today");

    let store = short().password(|| async { if true { panic!("hunter2") } else { Ok::<_, io::Error>(String::new()) } });
    let error = store.build().unwrap().setup().await.unwrap_err();
    assert_error(&error, ErrorKind::Unavailable, &["the function for the password panicked"]);

    let store = builder().password(pending::<Result<String, io::Error>>).build().unwrap();
    let error = store.setup().await.unwrap_err();
    assert_error(&error, ErrorKind::Unavailable, &["did not return within 1s"]);
    assert!(!format!("{store:?}").contains("hunter2"));
}
