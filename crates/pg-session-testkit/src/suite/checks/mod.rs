//! Each check opens sites of an app, and panics where a promise is not kept.

#![expect(clippy::missing_panics_doc, reason = "a panic is how a check says what is wrong")]

mod data;
mod lifetime;
mod logout;
mod operation;
mod overlap;
mod rotation;
mod updates;

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{Site, Visitor, must};

/// Makes the checks public, and with them the macro that makes each a test.
macro_rules! checks {
    ($($theme:ident: $($name:ident)*;)*) => {
        $(pub use $theme::{$($name),*};)*

        /// Makes a test of every check of the [`suite`](crate::suite), for the app given.
        #[macro_export]
        macro_rules! contract {
            ($app:expr) => {
                $($(#[tokio::test]
                async fn $name() {
                    $crate::suite::checks::$name($app).await;
                })*)*
            };
        }
    };
}

checks! {
    data:
        counts_the_views_of_each_visitor
        keeps_any_json
        keeps_nothing_of_a_visitor_without_data
        keeps_the_data_over_a_touch
        removes_a_key
        sets_a_key_within_an_object;
    lifetime:
        expires_on_time
        keeps_the_session_of_who_keeps_coming
        moves_the_expiry_once_in_a_while
        remembers_over_a_restart;
    logout:
        ends_requests_under_way_too
        ends_the_others_of_a_user
        ends_the_session_by_a_logout;
    operation:
        finishes_what_is_under_way_when_it_stops
        never_adopts_an_id_that_a_visitor_made_up
        tells_no_session_id_in_errors;
    rotation:
        keeps_a_change_made_during_a_rotation
        lets_one_of_two_rotations_win
        moves_the_data_to_a_new_id
        revives_no_id_after_a_rotation;
    updates:
        keeps_both_of_two_slow_requests
        keeps_every_key_of_one_object
        writes_no_old_data_back;
}

/// Somebody whose `user.id` this is.
async fn log_in(site: &Site, user: &str) -> Visitor {
    let visitor = site.visitor();
    visitor.put("/session/user", &json!({"id": user})).await;
    visitor
}

/// For the next round.
async fn empty(site: &Site) {
    let client = site.database().client().await;
    must("empty the table", client.execute("DELETE FROM session", &[]).await);
}

/// What this visitor has in the cookie is nobody's session: the next has no data, and another id.
async fn assert_starts_anew(visitor: &Visitor) {
    let dead = visitor.cookie();
    assert_is_empty(visitor, "a dead id should have no data").await;
    assert_eq!(visitor.views().await, 1, "a dead id should have no data");
    assert!(visitor.cookie().is_some_and(|cookie| Some(cookie) != dead), "a dead id should not be used again");
}

/// The visitor keeps the cookie, even if the app gives another.
async fn assert_is_empty(visitor: &Visitor, promise: &str) {
    assert_eq!(visitor.twin().data().await, json!({}), "{promise}");
}

async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition().await {
        assert!(Instant::now() < deadline, "waited 10 seconds in vain until {what}");
        sleep(Duration::from_millis(10)).await;
    }
}
