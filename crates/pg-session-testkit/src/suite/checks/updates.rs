//! Requests at once, at one process and at two: no change is lost.

use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use super::log_in;
use super::overlap::{Span, during, slow, until_overlapping};
use crate::suite::{App, Site};

/// Two slow requests set different keys, at two processes. Both stand: two hundred times, and each had read before the
/// other wrote.
pub async fn keeps_both_of_two_slow_requests(app: App) {
    let (here, there) = Site::pair(app).await;
    for _ in 0..10 {
        until_overlapping(async |held| {
            let pairs = [(); 20].map(async |()| {
                let one = log_in(&here, "zoe").await;
                let other = one.at(&there);
                let spans = tokio::join!(slow(&one, held, "PUT /session/a"), slow(&other, held, "PUT /session/b"));
                let both = json!({"user": {"id": "zoe"}, "a": "slow", "b": "slow"});
                assert_eq!(one.data().await, both, "of two requests at once, a change was lost");
                spans.0.overlaps(&spans.1)
            });
            join_all(pairs).await.into_iter().all(|overlapped| overlapped)
        })
        .await;
    }
}

/// Many requests at once, at two processes, set keys of the session and of an object in it. All stand.
pub async fn keeps_every_key_of_one_object(app: App) {
    const REQUESTS: usize = 30;
    let (here, there) = Site::pair(app).await;
    until_overlapping(async |held| {
        let visitor = log_in(&here, "zoe").await;
        let requests = (0..REQUESTS).map(async |n| {
            let folder = if n / 2 % 2 == 0 { "session" } else { "session/cart" };
            slow(&visitor.at([&here, &there][n % 2]), held, &format!("PUT /{folder}/{n}")).await
        });
        let spans = join_all(requests).await;
        let keys = |half| (0..REQUESTS).filter(move |n| n / 2 % 2 == half).map(|n| (n.to_string(), json!("slow")));
        let mut all: Map<String, Value> = keys(0).collect();
        all.insert("cart".into(), keys(1).collect());
        all.insert("user".into(), json!({"id": "zoe"}));
        assert_eq!(visitor.data().await, json!(all), "of {REQUESTS} requests at once, changes were lost");
        let overlaps = |(n, one): (usize, &Span)| spans[n + 1..].iter().all(|other| one.overlaps(other));
        spans.iter().enumerate().all(overlaps)
    })
    .await;
}

/// What others wrote or removed while a slow request was under way is not undone by it, whether it changes something
/// else or nothing.
pub async fn writes_no_old_data_back(app: App) {
    let (here, there) = Site::pair(app).await;
    let requests = [
        ("GET /touch", json!({"changed": "new"})),
        ("PUT /session/a", json!({"changed": "new", "a": "slow"})),
        ("PUT /session/a/b", json!({"changed": "new", "a": {"b": "slow"}})),
    ];
    for place in [&here, &there] {
        for (request, kept) in &requests {
            until_overlapping(async |held| {
                let visitor = here.visitor();
                visitor.put("/session/changed", &json!("old")).await;
                visitor.put("/session/removed", &json!("old")).await;
                let other = visitor.at(place);
                let overlapped = during(&visitor, held, request, async {
                    other.put("/session/changed", &json!("new")).await;
                    other.delete("/session/removed").await;
                })
                .await;
                assert_eq!(other.data().await, *kept, "{request} should undo nothing that others did meanwhile");
                overlapped
            })
            .await;
        }
    }
}
