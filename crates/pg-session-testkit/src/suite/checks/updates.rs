//! Requests at once, at one process and at two: no change is lost.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use super::overlap::{Span, during, longer, until_overlapping};
use crate::suite::{App, Site};

/// Two slow requests at two processes set different keys. Both stand: two hundred times, and all of them had read
/// before the other wrote.
pub async fn keeps_both_of_two_slow_requests(app: App) {
    const ROUNDS: usize = 200;
    let (here, there) = Site::pair(app).await;
    let visitors = join_all([(); 20].map(async |()| {
        let visitor = here.visitor();
        visitor.put("/session/start", &json!(0)).await;
        let other = visitor.at(&there);
        (visitor, other)
    }));
    let (visitors, mut overlapped, mut held) = (visitors.await, 0, Duration::from_millis(60));
    for round in 1.. {
        let rounds = visitors.iter().map(async |(one, other)| {
            let put = async |visitor: &crate::suite::Visitor, key| {
                visitor.put(&format!("/session/{key}?delay_ms={}", held.as_millis()), &json!(round)).await;
            };
            let (here, there) = tokio::join!(Span::of(held, put(one, "here")), Span::of(held, put(other, "there")));
            let (data, both) = (one.data().await, json!({"start": 0, "here": round, "there": round}));
            assert_eq!(data, both, "of two requests at once, a change was lost");
            here.overlaps(&there)
        });
        let new = join_all(rounds).await.into_iter().filter(|overlapped| *overlapped).count();
        overlapped += new;
        if overlapped >= ROUNDS {
            break;
        }
        if new < visitors.len() / 2 {
            held = longer(held);
        }
    }
}

/// Many requests at once, at two processes, each set a key of the session, and of an object in it. All stand.
pub async fn keeps_every_key_of_one_object(app: App) {
    const REQUESTS: usize = 30;
    let (here, there) = Site::pair(app).await;
    until_overlapping(async |held| {
        let visitor = here.visitor();
        visitor.put("/session/start", &json!(0)).await;
        let requests = (0..REQUESTS).map(|n| {
            let (visitor, folder) = (visitor.at([&here, &there][n % 2]), ["", "cart/"][n / 2 % 2]);
            Span::of(held, async move {
                visitor.put(&format!("/session/{folder}{n}?delay_ms={}", held.as_millis()), &json!(n)).await;
            })
        });
        let spans = join_all(requests).await;
        let keys = |folder| (0..REQUESTS).filter(move |n| n / 2 % 2 == folder).map(|n| (n.to_string(), json!(n)));
        let mut all: Map<String, Value> = keys(0).collect();
        all.insert("start".into(), json!(0));
        all.insert("cart".into(), keys(1).collect());
        assert_eq!(visitor.data().await, json!(all), "of {REQUESTS} requests at once, changes were lost");
        let overlaps = |(n, one): (usize, &Span)| spans[n + 1..].iter().all(|other| one.overlaps(other));
        spans.iter().enumerate().all(overlaps)
    })
    .await;
}

/// What another request wrote or removed while a slow one was under way is not undone by that, whether it changes
/// something else or nothing.
pub async fn writes_no_old_data_back(app: App) {
    let (here, there) = Site::pair(app).await;
    for other_process in [false, true] {
        for changes in [false, true] {
            until_overlapping(async |held| {
                let slow = here.visitor();
                slow.put("/session/changed", &json!("old")).await;
                slow.put("/session/removed", &json!("old")).await;
                let other = slow.at(if other_process { &there } else { &here });
                let (milliseconds, mut kept) = (held.as_millis(), json!({"changed": "new"}));
                let request = async {
                    if changes {
                        slow.put(&format!("/session/slow?delay_ms={milliseconds}"), &json!("new")).await;
                    } else {
                        slow.get(&format!("/touch?delay_ms={milliseconds}")).await;
                    }
                };
                let overlapped = during(held, request, async {
                    other.put("/session/changed", &json!("new")).await;
                    other.delete("/session/removed").await;
                });
                let overlapped = overlapped.await;
                if changes {
                    kept["slow"] = json!("new");
                }
                assert_eq!(other.data().await, kept, "a slow request should undo nothing that others did meanwhile");
                overlapped
            })
            .await;
        }
    }
}
