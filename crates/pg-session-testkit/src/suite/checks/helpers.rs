use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::suite::must::must;
use crate::suite::site::Site;
use crate::suite::visitor::Visitor;

/// Returns a visitor whose session has this `user.id`.
pub(super) async fn log_in(site: &Site, user: &str) -> Visitor {
    let visitor = site.visitor();
    visitor.put("/session/user", &json!({"id": user})).await;
    visitor
}

/// Deletes all sessions.
pub(super) async fn clear(site: &Site) {
    let client = site.database().client().await;
    must("delete the sessions", client.execute("DELETE FROM session", &[]).await);
}

/// Asserts that the visitor's id is dead: it has no data, and the next session gets another id.
pub(super) async fn assert_id_is_dead(visitor: &Visitor) {
    let dead = visitor.cookie();
    assert_no_data(visitor, "a dead id should have no data").await;
    assert_eq!(visitor.views().await, 1, "a dead id should have no data");
    assert!(visitor.cookie().is_some_and(|cookie| Some(cookie) != dead), "a dead id should not be used again");
}

/// Asserts that the visitor's session has no data. The visitor keeps its cookie, even if the app sets another.
pub(super) async fn assert_no_data(visitor: &Visitor, expectation: &str) {
    assert_eq!(visitor.twin().data().await, json!({}), "{expectation}");
}

pub(super) async fn wait_until(what: &str, condition: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition().await {
        assert!(Instant::now() < deadline, "timed out after 10 seconds: {what}");
        sleep(Duration::from_millis(10)).await;
    }
}
