//! A logout wins.

use serde_json::json;

use super::overlap::{during, until_overlapping};
use super::{assert_is_empty, assert_starts_anew, empty, log_in};
use crate::suite::{App, Site};

/// A logout ends the session for everybody who has its cookie.
pub async fn ends_the_session_by_a_logout(app: App) {
    let (here, there) = Site::pair(app).await;
    let visitor = here.visitor();
    visitor.put("/session/user", &json!("Zoë")).await;
    let old = visitor.twin();
    assert_eq!(old.at(&there).data().await, json!({"user": "Zoë"}));
    visitor.post("/logout").await;
    assert!(here.ids().await.is_empty(), "a logout should leave no row");
    assert_eq!(visitor.data().await, json!({}));
    assert_starts_anew(&old.at(&there)).await;
    assert_starts_anew(&old).await;
}

/// A slow request that is under way when its session is ended is answered, and brings back nothing.
pub async fn ends_requests_under_way_too(app: App) {
    let (here, there) = Site::pair(app).await;
    for (end, place) in [("/logout", &here), ("/logout", &there), ("/logout-others", &there)] {
        for request in ["PUT /session/cart", "PUT /session/cart/pen", "GET /touch", "POST /rotate"] {
            until_overlapping(async |held| {
                let visitor = log_in(&here, "zoe").await;
                let old = visitor.at(place);
                let (ending, rows) = match end {
                    "/logout" => (visitor.at(place), 0),
                    _ => (log_in(place, "zoe").await, 1),
                };
                let overlapped = during(&visitor, held, request, async {
                    ending.post(end).await;
                })
                .await;
                if overlapped {
                    assert_is_empty(&old, "who was logged out should have no data").await;
                    assert_is_empty(&visitor, "who was logged out meanwhile should have no data").await;
                    assert_eq!(here.ids().await.len(), rows, "{request} during {end} should bring back nothing");
                }
                empty(&here).await;
                overlapped
            })
            .await;
        }
    }
}

/// All other sessions of a user end, at every process, and no one else's.
pub async fn ends_the_others_of_a_user(app: App) {
    let (here, there) = Site::pair(app).await;
    let (visitor, other_user) = (log_in(&here, "zoe").await, log_in(&there, "tom").await);
    let others = [log_in(&here, "zoe").await, log_in(&here, "zoe").await, log_in(&there, "zoe").await];
    let nobody = here.visitor();
    nobody.views().await;
    for other in &others {
        // Both processes have seen it, and may not remember it for longer than it lives.
        assert_eq!(other.at(&here).data().await, other.at(&there).data().await);
    }

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
