//! A session gets a new id, as at every login.

use futures_util::future::join_all;
use serde_json::json;

use super::helpers::{assert_id_is_dead, assert_no_data, clear, log_in};
use super::overlap::{during, slow, until_overlapping};
use crate::suite::site::{App, Site};

/// A rotation moves the data to a new id, and the old id is dead on every process.
pub async fn rotation_moves_the_data_to_a_new_id(app: App) {
    let (here, there) = Site::pair(app).await;
    let visitor = here.visitor();
    visitor.put("/session/a", &json!(1)).await;
    let old = visitor.twin();
    visitor.post("/rotate").await;
    assert_ne!(visitor.cookie(), old.cookie());
    assert_eq!(here.ids().await.len(), 1, "a rotation should keep one row");
    for site in [&here, &there] {
        assert_eq!(visitor.at(site).data().await, json!({"a": 1}));
        assert_id_is_dead(&old.at(site)).await;
    }
}

/// One of two concurrent rotations on two processes wins, and the other request succeeds too. Repeats this a hundred times
/// with requests that each read before the other wrote.
pub async fn one_of_two_concurrent_rotations_wins(app: App) {
    const VISITORS: usize = 20;
    let (here, there) = Site::pair(app).await;
    for _ in 0..5 {
        until_overlapping(async |delay| {
            let pairs = [(); VISITORS].map(async |()| {
                let one = log_in(&here, "zoe").await;
                let (other, old) = (one.at(&there), one.twin());
                let spans = tokio::join!(slow(&one, delay, "POST /rotate"), slow(&other, delay, "POST /rotate"));
                let mut data = [one.data().await, other.data().await];
                data.sort_by_key(|data| data == &json!({}));
                let one_wins = [json!({"user": {"id": "zoe"}}), json!({})];
                assert_eq!(data, one_wins, "exactly one of two concurrent rotations should have the data");
                for site in [&here, &there] {
                    assert_no_data(&old.at(site), "after a rotation the old cookie should have no data").await;
                }
                spans.0.overlaps(&spans.1)
            });
            let overlapped = join_all(pairs).await.into_iter().all(|overlapped| overlapped);
            assert_eq!(here.ids().await.len(), VISITORS, "two rotations of a session should keep one row");
            clear(&here).await;
            overlapped
        })
        .await;
    }
}

/// A slow request with the old cookie succeeds during a rotation, but does not restore the old session. Its change does
/// not reach the new session either, because an attacker may have the old cookie.
pub async fn rotation_wins_over_requests_with_the_old_id(app: App) {
    let (here, there) = Site::pair(app).await;
    for site in [&here, &there] {
        for request in ["PUT /session/a", "PUT /session/a/b", "GET /touch"] {
            until_overlapping(async |delay| {
                let visitor = log_in(site, "zoe").await;
                let (late, old) = (visitor.at(&here), visitor.twin());
                let overlapped = during(&late, delay, request, async {
                    visitor.post("/rotate").await;
                })
                .await;
                if overlapped {
                    assert_eq!(here.ids().await.len(), 1, "{request} with the old cookie should restore no row");
                    assert_no_data(&old, "after a rotation the old cookie should have no data").await;
                    assert_eq!(visitor.data().await, json!({"user": {"id": "zoe"}}));
                }
                clear(&here).await;
                overlapped
            })
            .await;
        }
    }
}

/// A change that another request makes during a slow rotation is also in the session with the new id.
pub async fn rotation_keeps_concurrent_changes(app: App) {
    let (here, there) = Site::pair(app).await;
    for site in [&here, &there] {
        until_overlapping(async |delay| {
            let visitor = log_in(&here, "zoe").await;
            let other = visitor.at(site);
            let overlapped = during(&visitor, delay, "POST /rotate", async {
                other.put("/session/cart", &json!("pen")).await;
            })
            .await;
            if overlapped {
                let all = json!({"user": {"id": "zoe"}, "cart": "pen"});
                assert_eq!(visitor.data().await, all, "a rotation should lose no concurrent change");
                assert_no_data(&other, "after a rotation the old cookie should have no data").await;
                assert_eq!(here.ids().await.len(), 1, "a rotation should keep one row");
            }
            clear(&here).await;
            overlapped
        })
        .await;
    }
}
