//! A session's time to live.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use super::helpers::{assert_id_is_dead, assert_no_data};
use crate::suite::must::must;
use crate::suite::site::{App, Site};

/// Every process sees a session, and it survives a restart of the process that created it.
pub async fn sessions_survive_a_restart(app: App) {
    let (mut here, there) = Site::pair(app).await;
    let visitor = here.visitor();
    assert_eq!(visitor.views().await, 1);
    assert_eq!(visitor.at(&there).views().await, 2);
    here.restart().await;
    assert_eq!(visitor.at(&here).views().await, 3);
}

/// A session without requests expires on time, whether or not it has been swept.
pub async fn expires_on_time(app: App) {
    const SECONDS: u64 = 2;
    /// The tolerance for differences between clocks.
    const TOLERANCE: Duration = Duration::from_millis(20);
    let site = Site::open_for(app, SECONDS).await;
    let began = Instant::now();
    let visitors = join_all([(); 6].map(async |()| {
        let visitor = site.visitor();
        visitor.put("/session/a", &json!(1)).await;
        visitor.twin()
    }));
    let [early, later, last, late, swept, new] = &visitors.await[..] else { unreachable!("six visitors") };
    let earliest_end = began + Duration::from_secs(SECONDS) - TOLERANCE;
    let latest_end = Instant::now() + Duration::from_secs(SECONDS) + TOLERANCE;

    // Each visitor sends only one request, because a request extends the session.
    let mut in_time = 0;
    for (visitor, percent) in [(early, 40), (later, 70), (last, 90)] {
        sleep_until(began + Duration::from_secs(SECONDS) * percent / 100).await;
        let data = visitor.data().await;
        if Instant::now() < earliest_end {
            assert_eq!(data, json!({"a": 1}), "a session should not expire at {percent} % of its time to live");
            in_time += 1;
        }
    }
    assert!(in_time > 0, "the machine is too busy for this check: no request ended within {SECONDS} seconds");

    sleep_until(latest_end).await;
    assert_eq!(
        site.ids().await.len(),
        6,
        "no session should be swept yet, because the check covers expired sessions that are still stored"
    );
    assert_no_data(late, "an expired session should have no data").await;
    assert_id_is_dead(new).await;
    let client = site.database().client().await;
    must("delete the expired sessions", client.execute("DELETE FROM session WHERE expiry < now()", &[]).await);
    assert_id_is_dead(swept).await;
}

/// Regular requests keep the session and its cookie alive for longer than the time to live.
pub async fn requests_keep_the_session_alive(app: App) {
    // The expiry of a cookie may be rounded down to a whole second.
    const SECONDS: u64 = 3;
    let site = Site::open_for(app, SECONDS).await;
    let visitor = site.visitor();
    let began = Instant::now();
    for visit in 0..4 {
        sleep_until(began + Duration::from_millis(1100) * visit).await;
        assert_eq!(visitor.views().await, u64::from(visit) + 1, "a request should extend the session by {SECONDS} s");
    }
}

/// Requests that change nothing write the expiry only when a twentieth of the time to live has passed, and never write
/// the data.
pub async fn writes_the_expiry_only_occasionally(app: App) {
    let (here, there) = Site::pair(app).await;
    let visitor = here.visitor();
    visitor.put("/session/a", &json!(1)).await;
    let other = visitor.at(&there);
    // The time to live is 2,700 seconds, and a twentieth of it is 135.
    for (idle, first, extends) in
        [(0, &other, false), (100, &visitor, false), (60, &other, true), (2600, &visitor, true)]
    {
        age(&here, idle).await;
        let before = row(&here).await;
        first.get("/touch").await;
        let after = row(&here).await;
        assert_eq!(
            after.version != before.version,
            extends,
            "the row was {before:?} before a request and {after:?} after it"
        );
        if extends {
            assert!(
                (2690.0..=2700.0).contains(&after.expires_in),
                "a request should extend the session to 2,700 seconds: {after:?}"
            );
        }
        for visitor in [&visitor, &other] {
            visitor.get("/touch").await;
            visitor.data().await;
            visitor.put("/session/a", &json!(1)).await;
        }
        assert_eq!(row(&here).await.version, after.version, "requests that change nothing should write nothing");
    }
}

#[derive(Debug)]
struct Row {
    /// Seconds until the expiry.
    expires_in: f64,
    /// Changes with every write.
    version: String,
}

/// Returns the only row of the table.
async fn row(site: &Site) -> Row {
    let sql = "SELECT extract(epoch FROM expiry - now())::float8, ctid || ' ' || xmin FROM session";
    let row = must("read the only row", site.database().client().await.query_one(sql, &[]).await);
    Row { expires_in: row.get(0), version: row.get(1) }
}

/// Moves the expiry of all sessions back, as if no request had arrived for this many seconds.
async fn age(site: &Site, seconds: u32) {
    let sql = format!("UPDATE session SET expiry = expiry - interval '{seconds} seconds'");
    must("move the expiry back", site.database().client().await.batch_execute(&sql).await);
}
