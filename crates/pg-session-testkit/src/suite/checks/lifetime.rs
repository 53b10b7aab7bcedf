//! How long a session lives.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use super::{assert_is_empty, assert_starts_anew};
use crate::suite::{App, Site, must};

/// Sessions outlast the process that made them, and are there at every other one.
pub async fn remembers_over_a_restart(app: App) {
    let (mut here, there) = Site::pair(app).await;
    let visitor = here.visitor();
    assert_eq!(visitor.views().await, 1);
    assert_eq!(visitor.at(&there).views().await, 2);
    here.restart().await;
    assert_eq!(visitor.at(&here).views().await, 3);
}

/// A session that nobody visits ends when its time is up, not earlier, and before it is swept.
pub async fn expires_on_time(app: App) {
    const SECONDS: u64 = 2;
    /// Clocks tick in whole milliseconds.
    const TICK: Duration = Duration::from_millis(20);
    let site = Site::open_for(app, SECONDS).await;
    let began = Instant::now();
    let visitors = join_all([(); 6].map(async |()| {
        let visitor = site.visitor();
        visitor.put("/session/a", &json!(1)).await;
        visitor.twin()
    }));
    let [early, later, last, late, swept, new] = &visitors.await[..] else { unreachable!("six visitors") };
    let ends_from = began + Duration::from_secs(SECONDS) - TICK;
    let ended_by = Instant::now() + Duration::from_secs(SECONDS) + TICK;

    // Each looks once, for a look moves the expiry.
    let mut looks = 0;
    for (visitor, percent) in [(early, 40), (later, 70), (last, 90)] {
        sleep_until(began + Duration::from_secs(SECONDS) * percent / 100).await;
        let data = visitor.data().await;
        if Instant::now() < ends_from {
            assert_eq!(data, json!({"a": 1}), "a session should not end at {percent} % of its time");
            looks += 1;
        }
    }
    assert!(looks > 0, "the machine is too busy to see a session that lives for {SECONDS} seconds");

    sleep_until(ended_by).await;
    assert_eq!(site.ids().await.len(), 6, "nobody should sweep so soon: what is not swept has to be expired as well");
    assert_is_empty(late, "a session should end when its time is up, swept or not").await;
    assert_starts_anew(new).await;
    let client = site.database().client().await;
    must("sweep", client.execute("DELETE FROM session WHERE expiry < now()", &[]).await);
    assert_starts_anew(swept).await;
}

/// Who comes in time again and again keeps the session, and the cookie, for longer than it lives by itself.
pub async fn keeps_the_session_of_who_keeps_coming(app: App) {
    // A cookie may tell its end in whole seconds, and so end one earlier.
    const SECONDS: u64 = 3;
    let site = Site::open_for(app, SECONDS).await;
    let visitor = site.visitor();
    let began = Instant::now();
    for visit in 0..4 {
        sleep_until(began + Duration::from_millis(1100) * visit).await;
        assert_eq!(visitor.views().await, u64::from(visit) + 1, "a visit should keep the session for {SECONDS} s more");
    }
}

/// Visits move the expiry, but it is written only when a twentieth of the time to live has gone by; nor is data that
/// is put as it was.
pub async fn moves_the_expiry_once_in_a_while(app: App) {
    let (here, there) = Site::pair(app).await;
    let visitor = here.visitor();
    visitor.put("/session/a", &json!(1)).await;
    let other = visitor.at(&there);
    // Of the 2,700 seconds, a twentieth is 135.
    for (idle, first, moves) in [(0, &other, false), (100, &visitor, false), (60, &other, true), (2600, &visitor, true)]
    {
        age(&here, idle).await;
        let before = row(&here).await;
        first.get("/touch").await;
        let after = row(&here).await;
        assert_eq!(after.version != before.version, moves, "the expiry was {before:?} before a visit, {after:?} after");
        if moves {
            assert!((2690.0..=2700.0).contains(&after.expires_in), "a visit should move the expiry: {after:?}");
        }
        for visitor in [&visitor, &other] {
            visitor.get("/touch").await;
            visitor.data().await;
            visitor.put("/session/a", &json!(1)).await;
        }
        assert_eq!(row(&here).await.version, after.version, "visits that change nothing should write nothing");
    }
}

#[derive(Debug)]
struct Row {
    /// In seconds.
    expires_in: f64,
    /// Another after every write.
    version: String,
}

/// The only one of the table.
async fn row(site: &Site) -> Row {
    let sql = "SELECT extract(epoch FROM expiry - now())::float8, ctid || ' ' || xmin FROM session";
    let row = must("read the only row", site.database().client().await.query_one(sql, &[]).await);
    Row { expires_in: row.get(0), version: row.get(1) }
}

/// Lets all sessions be as if nobody had come for so many seconds.
async fn age(site: &Site, seconds: u32) {
    let sql = format!("UPDATE session SET expiry = expiry - interval '{seconds} seconds'");
    must("age the sessions", site.database().client().await.batch_execute(&sql).await);
}
