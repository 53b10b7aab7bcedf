//! A logout wins over concurrent requests.

use serde_json::json;

use super::helpers::{assert_id_is_dead, assert_no_data, clear, log_in};
use super::overlap::{during, until_overlapping};
use crate::suite::site::{App, Site};

/// A logout ends the session for every client that has its cookie.
pub async fn logout_ends_the_session(app: App) {
    let (here, there) = Site::pair(app).await;
    let visitor = here.visitor();
    visitor.put("/session/user", &json!("Zoë")).await;
    let old = visitor.twin();
    assert_eq!(old.at(&there).data().await, json!({"user": "Zoë"}));
    visitor.post("/logout").await;
    assert!(here.ids().await.is_empty(), "a logout should leave no row");
    assert_eq!(visitor.data().await, json!({}));
    assert_id_is_dead(&old.at(&there)).await;
    assert_id_is_dead(&old).await;
}

/// A slow request succeeds although its session ends meanwhile, but does not restore the session.
pub async fn logout_wins_over_requests_in_flight(app: App) {
    let (here, there) = Site::pair(app).await;
    for (end, site) in [("/logout", &here), ("/logout", &there), ("/logout-others", &there)] {
        for request in ["PUT /session/cart", "PUT /session/cart/pen", "GET /touch", "POST /rotate"] {
            until_overlapping(async |delay| {
                let visitor = log_in(&here, "zoe").await;
                let old = visitor.at(site);
                let (actor, rows) = match end {
                    "/logout" => (visitor.at(site), 0),
                    _ => (log_in(site, "zoe").await, 1),
                };
                let overlapped = during(&visitor, delay, request, async {
                    actor.post(end).await;
                })
                .await;
                if overlapped {
                    assert_no_data(&old, "after a logout the session should have no data").await;
                    assert_no_data(&visitor, "a request during a logout should not restore the data").await;
                    assert_eq!(here.ids().await.len(), rows, "{request} during {end} should restore no row");
                }
                clear(&here).await;
                overlapped
            })
            .await;
        }
    }
}

/// `POST /logout-others` ends all other sessions of the user on every process, and no session of anybody else.
pub async fn logout_others_ends_the_other_sessions_of_the_user(app: App) {
    let (here, there) = Site::pair(app).await;
    let (visitor, other_user) = (log_in(&here, "zoe").await, log_in(&there, "tom").await);
    let others = [log_in(&here, "zoe").await, log_in(&here, "zoe").await, log_in(&there, "zoe").await];
    let anonymous = here.visitor();
    anonymous.views().await;
    for other in &others {
        // Both processes load the session. A cached copy would fail the assertions below.
        assert_eq!(other.at(&here).data().await, other.at(&there).data().await);
    }

    anonymous.post("/logout-others").await;
    here.visitor().post("/logout-others").await;
    assert_eq!(here.ids().await.len(), 6, "a session without a user should end no other sessions");

    visitor.post("/logout-others").await;
    assert_eq!(here.ids().await.len(), 3, "this session, the other user's and the anonymous one should remain");
    for (other, site) in others.iter().zip([&here, &there, &there]) {
        assert_id_is_dead(&other.at(site)).await;
    }
    for site in [&here, &there] {
        assert_eq!(visitor.at(site).data().await, json!({"user": {"id": "zoe"}}));
        assert_eq!(other_user.at(site).data().await, json!({"user": {"id": "tom"}}));
        assert_eq!(anonymous.at(site).data().await, json!({"views": 1}));
    }
}
