//! Each check starts processes of an app, and panics if the app breaks the contract.

#![expect(clippy::missing_panics_doc, reason = "a check reports a violation by a panic")]

mod data;
mod helpers;
mod lifetime;
mod logout;
mod operation;
mod overlap;
mod rotation;
mod updates;

/// Re-exports the checks, and defines the macro that makes each of them a test.
macro_rules! checks {
    ($($theme:ident: $($name:ident)*;)*) => {
        $(pub use $theme::{$($name),*};)*

        /// Creates a test for each check of the [`suite`](crate::suite) with the given app.
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
        stores_any_json
        stores_nothing_for_a_visitor_without_data
        touch_keeps_the_data
        removes_a_key
        sets_a_key_in_an_object;
    lifetime:
        expires_on_time
        requests_keep_the_session_alive
        writes_the_expiry_only_occasionally
        sessions_survive_a_restart;
    logout:
        logout_wins_over_requests_in_flight
        logout_others_ends_the_other_sessions_of_the_user
        logout_ends_the_session;
    operation:
        finishes_requests_in_flight_when_it_stops
        never_adopts_a_forged_id
        a_cookie_that_cannot_be_an_id_starts_a_new_session
        errors_contain_no_session_id;
    rotation:
        rotation_keeps_concurrent_changes
        one_of_two_concurrent_rotations_wins
        rotation_moves_the_data_to_a_new_id
        rotation_wins_over_requests_with_the_old_id;
    updates:
        keeps_the_changes_of_two_concurrent_requests
        keeps_the_changes_of_many_concurrent_requests
        slow_requests_undo_no_concurrent_changes;
}
