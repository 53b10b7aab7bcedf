//! A logout wins.

use reqwest::Method;
use serde_json::json;

use super::overlap::{during, until_overlapping};
use super::{assert_is_empty, assert_starts_anew};
use crate::suite::{App, Site};

/// A logout ends the session for everybody who has its cookie.
pub async fn ends_the_session_by_a_logout(app: App) {
    let (here, there) = Site::pair(app).await;
    let visitor = here.visitor();
    visitor.put("/session/user", &json!("Zoë")).await;
    let old = visitor.twin();
    visitor.post("/logout").await;
    assert!(here.ids().await.is_empty(), "a logout should leave no row");
    assert_eq!(visitor.data().await, json!({}));
    assert_starts_anew(&old.at(&there)).await;
    assert_starts_anew(&old).await;
}

/// A slow request that is under way during a logout is answered, and brings back nothing.
pub async fn ends_requests_under_way_by_a_logout(app: App) {
    let (here, there) = Site::pair(app).await;
    for place in [&here, &there] {
        for (method, path) in [
            (Method::PUT, "/session/cart"),
            (Method::PUT, "/session/cart/pen"),
            (Method::GET, "/touch"),
            (Method::POST, "/rotate"),
        ] {
            until_overlapping(async |held| {
                let visitor = here.visitor();
                visitor.put("/session/user", &json!("Zoë")).await;
                let (slow, old) = (visitor.twin(), visitor.at(place));
                let request = async {
                    let path = format!("{path}?delay_ms={}", held.as_millis());
                    let body = json!("pen");
                    let answer = slow.request(method.clone(), &path, (method == Method::PUT).then_some(&body)).await;
                    assert!(answer.status.is_success(), "a logout meanwhile should not fail {path}: {answer:?}");
                };
                let overlapped = during(held, request, async {
                    visitor.at(place).post("/logout").await;
                });
                let overlapped = overlapped.await;
                if overlapped {
                    let rows = here.ids().await.len();
                    assert_eq!(rows, 0, "{method} {path} that was under way should bring back nothing after a logout");
                    assert_is_empty(&slow, "who was logged out meanwhile should have no data").await;
                    assert_is_empty(&old, "who was logged out should have no data").await;
                }
                overlapped
            })
            .await;
        }
    }
}

/// All other sessions of a user end, at every process, and no one else's.
pub async fn ends_the_others_of_a_user(app: App) {
    let (here, there) = Site::pair(app).await;
    let log_in = async |site: &Site, user: &str| {
        let visitor = site.visitor();
        visitor.put("/session/user", &json!({"id": user})).await;
        visitor
    };
    let (visitor, other_user) = (log_in(&here, "zoe").await, log_in(&there, "tom").await);
    let others = [log_in(&here, "zoe").await, log_in(&here, "zoe").await, log_in(&there, "zoe").await];
    let nobody = here.visitor();
    nobody.views().await;

    nobody.post("/logout-others").await;
    here.visitor().post("/logout-others").await;
    assert_eq!(here.ids().await.len(), 6, "who is no user has no other sessions");

    visitor.post("/logout-others").await;
    assert_eq!(here.ids().await.len(), 3, "this session, another user's and nobody's should be left");
    for (other, site) in others.iter().zip([&here, &there, &there]) {
        assert_starts_anew(&other.at(site)).await;
    }
    for site in [&here, &there] {
        assert_eq!(visitor.at(site).data().await, json!({"user": {"id": "zoe"}}));
        assert_eq!(other_user.at(site).data().await, json!({"user": {"id": "tom"}}));
        assert_eq!(nobody.at(site).data().await, json!({"views": 1}));
    }
}
