//! Each check is a function over a site that has just been opened.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::{Site, Visitor, must};

/// Defines the checks, and with them the macro that makes each a test.
macro_rules! checks {
    ($($(#[$doc:meta])* async fn $name:ident($($site:tt)*) $body:block)*) => {
        $($(#[$doc])*
        ///
        /// # Panics
        ///
        /// When it is otherwise.
        pub async fn $name($($site)*) $body)*

        /// Makes a test of every check of the [`suite`](crate::suite), for the app given.
        #[macro_export]
        macro_rules! contract {
            ($app:expr) => {
                $(#[tokio::test]
                async fn $name() {
                    $crate::suite::checks::$name($crate::suite::Site::open($app).await).await;
                })*
            };
        }
    };
}

checks! {
    /// Every visitor has views of their own.
    async fn counts_the_views_of_each_visitor(site: Site) {
        let (one, other) = (site.visitor(), site.visitor());
        assert_eq!((one.views().await, one.views().await), (1, 2));
        assert_eq!((other.views().await, one.views().await), (1, 3));
        assert_ne!(one.cookie(), other.cookie());
        assert_eq!(site.ids().await.len(), 2);
    }

    /// Sessions outlast the app.
    async fn remembers_over_a_restart(mut site: Site) {
        let visitor = site.visitor();
        assert_eq!(visitor.views().await, 1);
        site.restart().await;
        assert_eq!(visitor.back_at(&site).views().await, 2);
    }

    /// What is put is got, whatever JSON it is.
    async fn keeps_any_json(site: Site) {
        let visitor = site.visitor();
        let data = json!({
            "object": {"deep": {"deeper": [{"a": [[], {}]}]}, "": "no name"},
            "numbers": [0, -1, 0.5, 9_007_199_254_740_991_i64, 1e21, -1e-7],
            "größe": "Zoë \u{1F600} \u{2028} \" \\ / \n \u{7f}",
            "nothing": null,
            "truth": [true, false],
        });
        for (key, value) in data.as_object().into_iter().flatten() {
            visitor.put(&format!("/session/{key}"), value).await;
        }
        assert_eq!(visitor.data().await, data);
        visitor.put("/session/object", &json!({"other": 1})).await;
        assert_eq!(visitor.data().await["object"], json!({"other": 1}), "a key is replaced as a whole");
    }

    /// A key that is removed is gone, and the others stay.
    async fn removes_a_key(site: Site) {
        let visitor = site.visitor();
        visitor.put("/session/a", &json!(1)).await;
        visitor.put("/session/b", &json!(2)).await;
        visitor.delete("/session/a").await;
        assert_eq!(visitor.data().await, json!({"b": 2}));
        visitor.delete("/session/a").await;
        assert_eq!(visitor.data().await, json!({"b": 2}));
    }

    /// A request that changes nothing changes nothing.
    async fn keeps_the_data_over_a_touch(site: Site) {
        let visitor = site.visitor();
        visitor.put("/session/a", &json!(1)).await;
        let cookie = visitor.cookie();
        visitor.get("/touch?delay_ms=1").await;
        assert_eq!(visitor.data().await, json!({"a": 1}));
        assert_eq!(visitor.cookie(), cookie);
    }

    /// A rotation moves the data to a new id, and the old id is dead.
    async fn moves_the_data_to_a_new_id(site: Site) {
        let visitor = site.visitor();
        visitor.put("/session/a", &json!(1)).await;
        let old = visitor.twin();
        visitor.post("/rotate").await;
        assert_ne!(visitor.cookie(), old.cookie());
        assert_eq!(visitor.data().await, json!({"a": 1}));
        assert_starts_anew(&old).await;
    }

    /// A logout ends the session for everybody who has its cookie.
    async fn ends_the_session_by_a_logout(site: Site) {
        let visitor = site.visitor();
        visitor.put("/session/user", &json!("Zoë")).await;
        let old = visitor.twin();
        visitor.post("/logout").await;
        assert!(site.ids().await.is_empty(), "a logout should leave no row");
        assert_eq!(visitor.data().await, json!({}));
        assert_starts_anew(&old).await;
    }

    /// An id comes from the app alone.
    async fn never_adopts_an_id_that_a_visitor_made_up(site: Site) {
        let visitor = site.visitor();
        visitor.views().await;
        let forger = visitor.forger();
        assert_ne!(forger.cookie(), visitor.cookie());
        for path in ["/rotate", "/logout"] {
            visitor.forger().post(path).await;
        }
        assert_eq!(site.ids().await.len(), 1, "a made-up id should leave no row");
        assert_starts_anew(&forger).await;

        let client = site.database().client().await;
        must("empty the table", client.execute("DELETE FROM session", &[]).await);
        assert_starts_anew(&visitor).await;
    }

    /// Who has no data gets no cookie and no row.
    async fn keeps_nothing_of_a_visitor_without_data(site: Site) {
        for path in ["/session", "/touch"] {
            assert!(!site.visitor().get(path).await.sets_cookie, "{path} should set no cookie");
        }
        assert_eq!(site.visitor().data().await, json!({}));
        assert!(site.ids().await.is_empty(), "no data should leave no row");
    }

    /// When the table is of no use, requests fail, keep silent about ids, and work again when it is mended.
    async fn tells_no_session_id_in_errors(site: Site) {
        let visitor = site.visitor();
        visitor.views().await;
        let (ids, client) = (site.ids().await, site.database().client().await);
        let rename = async |old, new| {
            let sql = format!("ALTER TABLE session RENAME COLUMN {old} TO {new}");
            must("rename a column", client.batch_execute(&sql).await);
        };
        rename("session", "elsewhere").await;
        for _ in 0..2 {
            let answer = visitor.request(Method::GET, "/", None).await;
            assert!(answer.status.is_server_error(), "without its table, the app should fail: {answer:?}");
            assert!(ids.iter().all(|id| !answer.body.contains(id)), "an error told a session id: {answer:?}");
        }
        rename("elsewhere", "session").await;
        assert_eq!(visitor.views().await, 2);
    }

    /// An app that is told to stop answers first what it was asked.
    async fn finishes_what_is_under_way_when_it_stops(mut site: Site) {
        let visitor = site.visitor();
        visitor.views().await;
        let client = site.database().client().await;
        must("lock", client.batch_execute("BEGIN; LOCK TABLE session IN ACCESS EXCLUSIVE MODE").await);
        let request = tokio::spawn(async move { visitor.put("/session/a", &json!(1)).await });
        until("the request waits", async || {
            let sql = "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'session'::regclass AND NOT granted)";
            must("look at the locks", client.query_one(sql, &[]).await).get(0)
        })
        .await;
        let address = site.address().to_owned();
        let mended = async {
            until("the app is told to stop", async || TcpStream::connect(&address).await.is_err()).await;
            must("unlock", client.batch_execute("COMMIT").await);
        };
        let (status, ()) = tokio::join!(site.stop(), mended);
        must("wait for the answer", request.await);
        assert!(status.success(), "the app should end well when it is told to stop: {status}");
    }
}

/// What this visitor has in the cookie is nobody's session: the next has no data, and another id.
async fn assert_starts_anew(visitor: &Visitor) {
    let dead = visitor.cookie();
    assert_eq!(visitor.twin().data().await, json!({}), "a dead id should have no data");
    assert_eq!(visitor.views().await, 1, "a dead id should have no data");
    assert!(visitor.cookie().is_some_and(|cookie| Some(cookie) != dead), "a dead id should not be used again");
}

async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition().await {
        assert!(Instant::now() < deadline, "waited 10 seconds in vain until {what}");
        sleep(Duration::from_millis(10)).await;
    }
}
