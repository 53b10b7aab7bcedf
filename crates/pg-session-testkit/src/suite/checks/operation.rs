//! Forged ids, failures and shutdown.

use reqwest::Method;
use serde_json::json;
use tokio::net::TcpStream;

use super::helpers::{assert_id_is_dead, clear, wait_until};
use crate::suite::must::must;
use crate::suite::site::{App, Site};

/// A forged id is never used for a session.
pub async fn never_adopts_a_forged_id(app: App) {
    let site = Site::open(app).await;
    let visitor = site.visitor();
    visitor.views().await;
    let forger = visitor.forger();
    assert_ne!(forger.cookie(), visitor.cookie());
    for path in ["/rotate", "/logout", "/logout-others"] {
        visitor.forger().post(path).await;
    }
    assert_eq!(site.ids().await.len(), 1, "a forged id should create no row");
    assert_id_is_dead(&forger).await;

    clear(&site).await;
    assert_id_is_dead(&visitor).await;
}

/// A cookie whose id can never be stored is treated as none: the visitor gets a new session, and never an error.
pub async fn a_cookie_that_cannot_be_an_id_starts_a_new_session(app: App) {
    let site = Site::open(app).await;
    let long = [b'x'; 1_100];
    for value in [&long[..], b"", b"a%00b", b"%00", b"\xff\xfe", b"%FF%FE", b"%ED%A0%80", b"\xc3\xa4", b"s:", b"."] {
        let visitor = || site.visitor().with_raw_cookie(value);
        let answer = visitor().get("/").await;
        assert_eq!(answer.json(), json!({"views": 1}), "{value:?}");
        assert!(answer.sets_cookie, "the visitor should get a cookie in place of {value:?}");
        visitor().put("/session/a", &json!(1)).await;
        visitor().get("/touch").await;
        visitor().delete("/session/a").await;
        for path in ["/rotate", "/logout", "/logout-others"] {
            visitor().post(path).await;
        }
        assert_eq!(visitor().data().await, json!({}), "{value:?}");
        assert!(site.ids().await.len() >= 2, "each session should have a row of its own");
        clear(&site).await;
    }
}

/// Requests fail while the table is unusable, and work again afterwards. The errors contain no session id.
pub async fn errors_contain_no_session_id(app: App) {
    let site = Site::open(app).await;
    let visitor = site.visitor();
    visitor.views().await;
    let (ids, client) = (site.ids().await, site.database().client().await);
    let rename = async |old, new| {
        let sql = format!("ALTER TABLE session RENAME COLUMN {old} TO {new}");
        must("rename a column", client.batch_execute(&sql).await);
    };
    rename("session", "renamed").await;
    for _ in 0..2 {
        let answer = visitor.request(Method::GET, "/", None).await;
        assert!(answer.status.is_server_error(), "requests should fail while the table is unusable: {answer:?}");
        assert!(ids.iter().all(|id| !answer.body.contains(id)), "an error should contain no session id: {answer:?}");
    }
    rename("renamed", "session").await;
    assert_eq!(visitor.views().await, 2);
}

/// On SIGTERM, an app answers the requests in flight before it exits.
pub async fn finishes_requests_in_flight_when_it_stops(app: App) {
    let mut site = Site::open(app).await;
    let visitor = site.visitor();
    visitor.views().await;
    let client = site.database().client().await;
    must("lock the table", client.batch_execute("BEGIN; LOCK TABLE session IN ACCESS EXCLUSIVE MODE").await);
    let request = tokio::spawn(async move { visitor.put("/session/a", &json!(1)).await });
    wait_until("the request should wait for the lock", async || {
        let sql = "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'session'::regclass AND NOT granted)";
        must("query the locks", client.query_one(sql, &[]).await).get(0)
    })
    .await;
    let address = site.address().to_owned();
    let unlock = async {
        wait_until("the app should stop listening", async || TcpStream::connect(&address).await.is_err()).await;
        must("unlock the table", client.batch_execute("COMMIT").await);
    };
    let (status, ()) = tokio::join!(site.stop(), unlock);
    must("wait for the response", request.await);
    assert!(status.success(), "the app should exit successfully on SIGTERM: {status}");
}
