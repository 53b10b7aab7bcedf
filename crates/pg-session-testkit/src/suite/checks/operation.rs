//! What an app owes to who runs it.

use reqwest::Method;
use serde_json::json;
use tokio::net::TcpStream;

use super::{assert_starts_anew, empty, until};
use crate::suite::{App, Site, must};

/// An id comes from the app alone.
pub async fn never_adopts_an_id_that_a_visitor_made_up(app: App) {
    let site = Site::open(app).await;
    let visitor = site.visitor();
    visitor.views().await;
    let forger = visitor.forger();
    assert_ne!(forger.cookie(), visitor.cookie());
    for path in ["/rotate", "/logout", "/logout-others"] {
        visitor.forger().post(path).await;
    }
    assert_eq!(site.ids().await.len(), 1, "a made-up id should leave no row");
    assert_starts_anew(&forger).await;

    empty(&site).await;
    assert_starts_anew(&visitor).await;
}

/// When the table is of no use, requests fail, keep silent about ids, and work again when it is mended.
pub async fn tells_no_session_id_in_errors(app: App) {
    let site = Site::open(app).await;
    let visitor = site.visitor();
    visitor.views().await;
    let (ids, client) = (site.ids().await, site.database().client().await);
    let rename = async |old, new| {
        let sql = format!("ALTER TABLE session RENAME COLUMN {old} TO {new}");
        must("rename a column", client.batch_execute(&sql).await);
    };
    rename("session", "elsewhere").await;
    for _ in 0..2 {
        let answer = visitor.request(Method::GET, "/", None).await;
        assert!(answer.status.is_server_error(), "without its table, the app should fail: {answer:?}");
        assert!(ids.iter().all(|id| !answer.body.contains(id)), "an error told a session id: {answer:?}");
    }
    rename("elsewhere", "session").await;
    assert_eq!(visitor.views().await, 2);
}

/// An app that is told to stop answers first what it was asked.
pub async fn finishes_what_is_under_way_when_it_stops(app: App) {
    let mut site = Site::open(app).await;
    let visitor = site.visitor();
    visitor.views().await;
    let client = site.database().client().await;
    must("lock", client.batch_execute("BEGIN; LOCK TABLE session IN ACCESS EXCLUSIVE MODE").await);
    let request = tokio::spawn(async move { visitor.put("/session/a", &json!(1)).await });
    until("the request waits", async || {
        let sql = "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'session'::regclass AND NOT granted)";
        must("look at the locks", client.query_one(sql, &[]).await).get(0)
    })
    .await;
    let address = site.address().to_owned();
    let mended = async {
        until("the app is told to stop", async || TcpStream::connect(&address).await.is_err()).await;
        must("unlock", client.batch_execute("COMMIT").await);
    };
    let (status, ()) = tokio::join!(site.stop(), mended);
    must("wait for the answer", request.await);
    assert!(status.success(), "the app should end well when it is told to stop: {status}");
}
