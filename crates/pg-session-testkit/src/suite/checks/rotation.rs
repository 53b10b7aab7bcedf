//! A session gets a new id, as it should at every login.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::overlap::{Span, during, until_overlapping};
use super::{assert_is_empty, assert_starts_anew};
use crate::suite::{App, Site, Visitor};

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
    const ROUNDS: usize = 5;
    let (here, there) = Site::pair(app).await;
    let round = async |held| {
        let visitors = join_all([(); VISITORS].map(async |()| logged_in(&here).await)).await;
        let rotations = visitors.iter().map(async |old| {
            let pair = [old.twin(), old.at(&there)];
            let rotate = |visitor| Span::of(held, rotate_slowly(visitor, held));
            let (one, other) = tokio::join!(rotate(&pair[0]), rotate(&pair[1]));
            let held_by = [pair[0].data().await, pair[1].data().await];
            let winners = held_by.iter().filter(|data| **data == json!({"user": "Zoë"})).count();
            let losers = held_by.iter().filter(|data| **data == json!({})).count();
            assert_eq!((winners, losers), (1, 1), "one rotation of two should have the data, not {held_by:?}");
            assert_ne!(pair[0].cookie(), pair[1].cookie(), "two rotations should not share a cookie");
            for site in [&here, &there] {
                assert_is_empty(&old.at(site), "after a rotation the old cookie should be dead").await;
            }
            one.overlaps(&other)
        });
        let overlapped = join_all(rotations).await;
        assert_eq!(here.ids().await.len(), VISITORS, "two rotations of each session should leave one row of each");
        empty(&here).await;
        overlapped.into_iter().all(|overlapped| overlapped)
    };
    for _ in 0..ROUNDS {
        until_overlapping(round).await;
    }
}

/// A slow request with the old cookie that is under way during a rotation is answered; it revives nothing, and what
/// it does is not for the new session: the old cookie may be somebody else's.
pub async fn revives_no_id_after_a_rotation(app: App) {
    let (here, there) = Site::pair(app).await;
    for (place, path) in
        [(&here, "/session/a"), (&there, "/session/a"), (&here, "/session/a/b"), (&there, "/touch"), (&here, "/touch")]
    {
        until_overlapping(async |held| {
            let visitor = logged_in(&here).await;
            let (slow, old) = (visitor.at(place), visitor.twin());
            let request = async {
                let method = if path == "/touch" { Method::GET } else { Method::PUT };
                let body = (path != "/touch").then_some(&Value::Null);
                let answer = slow.request(method, &format!("{path}?delay_ms={}", held.as_millis()), body).await;
                assert!(answer.status.is_success(), "a rotation meanwhile should not fail {path}: {answer:?}");
            };
            let overlapped = during(held, request, async {
                visitor.post("/rotate").await;
            });
            let overlapped = overlapped.await;
            if overlapped {
                assert_eq!(here.ids().await.len(), 1, "{path} with an old cookie should bring back no row");
                assert_is_empty(&old, "after a rotation the old cookie should be dead").await;
                assert_eq!(visitor.data().await, json!({"user": "Zoë"}));
            }
            empty(&here).await;
            overlapped
        })
        .await;
    }
}

/// What another request writes while a slow rotation is under way has the new id too.
pub async fn keeps_a_change_made_during_a_rotation(app: App) {
    let (here, there) = Site::pair(app).await;
    for place in [&here, &there] {
        until_overlapping(async |held| {
            let visitor = logged_in(&here).await;
            let other = visitor.at(place);
            let overlapped = during(held, rotate_slowly(&visitor, held), async {
                other.put("/session/cart", &json!("pen")).await;
            });
            let overlapped = overlapped.await;
            if overlapped {
                let all = json!({"user": "Zoë", "cart": "pen"});
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

async fn logged_in(site: &Site) -> Visitor {
    let visitor = site.visitor();
    visitor.put("/session/user", &json!("Zoë")).await;
    visitor
}

async fn rotate_slowly(visitor: &Visitor, held: std::time::Duration) {
    visitor.post(&format!("/rotate?delay_ms={}", held.as_millis())).await;
}

/// For the next round.
async fn empty(site: &Site) {
    let client = site.database().client().await;
    crate::suite::must("empty the table", client.execute("DELETE FROM session", &[]).await);
}
