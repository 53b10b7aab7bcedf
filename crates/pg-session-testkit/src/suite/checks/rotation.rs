//! A session gets a new id, as it should at every login.

use futures_util::future::join_all;
use serde_json::json;

use super::overlap::{during, slow, until_overlapping};
use super::{assert_is_empty, assert_starts_anew, empty, log_in};
use crate::suite::{App, Site};

/// A rotation moves the data to a new id, and the old id is dead at every process.
pub async fn moves_the_data_to_a_new_id(app: App) {
    let (here, there) = Site::pair(app).await;
    let visitor = here.visitor();
    visitor.put("/session/a", &json!(1)).await;
    let old = visitor.twin();
    visitor.post("/rotate").await;
    assert_ne!(visitor.cookie(), old.cookie());
    assert_eq!(here.ids().await.len(), 1, "a rotation should leave one row");
    for site in [&here, &there] {
        assert_eq!(visitor.at(site).data().await, json!({"a": 1}));
        assert_starts_anew(&old.at(site)).await;
    }
}

/// Of two rotations at once, at two processes, one wins and the other is answered as well. A hundred times, and each
/// had read before the other wrote.
pub async fn lets_one_of_two_rotations_win(app: App) {
    const VISITORS: usize = 20;
    let (here, there) = Site::pair(app).await;
    for _ in 0..5 {
        until_overlapping(async |held| {
            let pairs = [(); VISITORS].map(async |()| {
                let one = log_in(&here, "zoe").await;
                let (other, old) = (one.at(&there), one.twin());
                let spans = tokio::join!(slow(&one, held, "POST /rotate"), slow(&other, held, "POST /rotate"));
                let mut data = [one.data().await, other.data().await];
                data.sort_by_key(|data| data == &json!({}));
                let one_wins = [json!({"user": {"id": "zoe"}}), json!({})];
                assert_eq!(data, one_wins, "of two rotations at once, one should have the data");
                for site in [&here, &there] {
                    assert_is_empty(&old.at(site), "after a rotation the old cookie should be dead").await;
                }
                spans.0.overlaps(&spans.1)
            });
            let overlapped = join_all(pairs).await.into_iter().all(|overlapped| overlapped);
            assert_eq!(here.ids().await.len(), VISITORS, "two rotations of each session should leave one row of each");
            empty(&here).await;
            overlapped
        })
        .await;
    }
}

/// A slow request with the old cookie that is under way during a rotation is answered; it revives nothing, and what
/// it writes is not for the new session: the old cookie may be somebody else's.
pub async fn revives_no_id_after_a_rotation(app: App) {
    let (here, there) = Site::pair(app).await;
    for place in [&here, &there] {
        for request in ["PUT /session/a", "PUT /session/a/b", "GET /touch"] {
            until_overlapping(async |held| {
                let visitor = log_in(place, "zoe").await;
                let (late, old) = (visitor.at(&here), visitor.twin());
                let overlapped = during(&late, held, request, async {
                    visitor.post("/rotate").await;
                })
                .await;
                if overlapped {
                    assert_eq!(here.ids().await.len(), 1, "{request} with the old cookie should bring back no row");
                    assert_is_empty(&old, "after a rotation the old cookie should be dead").await;
                    assert_eq!(visitor.data().await, json!({"user": {"id": "zoe"}}));
                }
                empty(&here).await;
                overlapped
            })
            .await;
        }
    }
}

/// What another request writes while a slow rotation is under way is in the session with the new id too.
pub async fn keeps_a_change_made_during_a_rotation(app: App) {
    let (here, there) = Site::pair(app).await;
    for place in [&here, &there] {
        until_overlapping(async |held| {
            let visitor = log_in(&here, "zoe").await;
            let other = visitor.at(place);
            let overlapped = during(&visitor, held, "POST /rotate", async {
                other.put("/session/cart", &json!("pen")).await;
            })
            .await;
            if overlapped {
                let all = json!({"user": {"id": "zoe"}, "cart": "pen"});
                assert_eq!(visitor.data().await, all, "a rotation should lose nothing that others wrote meanwhile");
                assert_is_empty(&other, "after a rotation the old cookie should be dead").await;
                assert_eq!(here.ids().await.len(), 1, "a rotation should leave one row");
            }
            empty(&here).await;
            overlapped
        })
        .await;
    }
}
