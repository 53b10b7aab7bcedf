//! Concurrent requests, on one process and on two, lose no changes.

use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use super::helpers::log_in;
use super::overlap::{Span, during, slow, until_overlapping};
use crate::suite::site::{App, Site};

/// Two concurrent requests on two processes set different keys, and both changes are kept. Repeats this two hundred times
/// with requests that each read before the other wrote.
pub async fn keeps_the_changes_of_two_concurrent_requests(app: App) {
    let (here, there) = Site::pair(app).await;
    for _ in 0..10 {
        until_overlapping(async |delay| {
            let pairs = [(); 20].map(async |()| {
                let one = log_in(&here, "zoe").await;
                let other = one.at(&there);
                let spans = tokio::join!(slow(&one, delay, "PUT /session/a"), slow(&other, delay, "PUT /session/b"));
                let both = json!({"user": {"id": "zoe"}, "a": "slow", "b": "slow"});
                assert_eq!(one.data().await, both, "the changes of both concurrent requests should be kept");
                spans.0.overlaps(&spans.1)
            });
            join_all(pairs).await.into_iter().all(|overlapped| overlapped)
        })
        .await;
    }
}

/// Many concurrent requests on two processes set keys of the session and of an object in it, and all changes are kept.
pub async fn keeps_the_changes_of_many_concurrent_requests(app: App) {
    const REQUESTS: usize = 30;
    let (here, there) = Site::pair(app).await;
    until_overlapping(async |delay| {
        let visitor = log_in(&here, "zoe").await;
        let requests = (0..REQUESTS).map(async |n| {
            let path = if n / 2 % 2 == 0 { "session" } else { "session/cart" };
            slow(&visitor.at([&here, &there][n % 2]), delay, &format!("PUT /{path}/{n}")).await
        });
        let spans = join_all(requests).await;
        let keys = |half| (0..REQUESTS).filter(move |n| n / 2 % 2 == half).map(|n| (n.to_string(), json!("slow")));
        let mut all: Map<String, Value> = keys(0).collect();
        all.insert("cart".into(), keys(1).collect());
        all.insert("user".into(), json!({"id": "zoe"}));
        assert_eq!(
            visitor.data().await,
            json!(all),
            "the changes of all {REQUESTS} concurrent requests should be kept"
        );
        let overlaps = |(n, one): (usize, &Span)| spans[n + 1..].iter().all(|other| one.overlaps(other));
        spans.iter().enumerate().all(overlaps)
    })
    .await;
}

/// A slow request does not undo what concurrent requests write or remove, whether or not it changes something itself.
pub async fn slow_requests_undo_no_concurrent_changes(app: App) {
    let (here, there) = Site::pair(app).await;
    let requests = [
        ("GET /touch", json!({"changed": "new"})),
        ("PUT /session/a", json!({"changed": "new", "a": "slow"})),
        ("PUT /session/a/b", json!({"changed": "new", "a": {"b": "slow"}})),
    ];
    for site in [&here, &there] {
        for (request, kept) in &requests {
            until_overlapping(async |delay| {
                let visitor = here.visitor();
                visitor.put("/session/changed", &json!("old")).await;
                visitor.put("/session/removed", &json!("old")).await;
                let other = visitor.at(site);
                let overlapped = during(&visitor, delay, request, async {
                    other.put("/session/changed", &json!("new")).await;
                    other.delete("/session/removed").await;
                })
                .await;
                assert_eq!(other.data().await, *kept, "{request} should undo no concurrent change");
                overlapped
            })
            .await;
        }
    }
}
