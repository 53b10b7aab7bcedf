//! Saves if no request scope has seen the load, over real HTTP: the middleware is misplaced or missing.

use serde_json::json;
use tokio::join;

use crate::http::{Placement, Site};

#[actix_web::test]
async fn slow_requests_keep_each_others_changes() {
    for placement in Placement::ALL {
        let site = Site::open_with(placement).await;
        let visitor = site.visitor().await;
        let meanwhile = async {
            visitor.post("/set/d").await;
            visitor.post("/remove/a").await;
        };
        join!(visitor.post("/slow/b"), visitor.post("/slow/c"), site.gate.hold(2, meanwhile));
        assert_eq!(site.data().await, [json!({"b": 1, "c": 1, "d": 1})], "{placement:?}");
    }
}

#[actix_web::test]
async fn a_logout_wins_over_slow_requests() {
    for placement in Placement::ALL {
        let site = Site::open_with(placement).await;
        let visitor = site.visitor().await;
        join!(visitor.post("/slow/b"), visitor.get("/slow-touch"), site.gate.hold(2, visitor.post("/logout")));
        assert!(site.data().await.is_empty(), "{placement:?}");
    }
}

#[actix_web::test]
async fn consecutive_requests_change_and_restore_keys() {
    for placement in Placement::ALL {
        let site = Site::open_with(placement).await;
        let visitor = site.visitor().await;
        for _ in 0..3 {
            visitor.get("/id").await;
            visitor.post("/set/flash").await;
            assert_eq!(site.data().await, [json!({"a": 1, "flash": 1})], "{placement:?}");
            visitor.get("/id").await;
            visitor.post("/remove/flash").await;
            assert_eq!(site.data().await, [json!({"a": 1})], "{placement:?}");
            visitor.post("/remove/a").await;
            assert_eq!(site.data().await, [json!({})], "{placement:?}");
            visitor.get("/id").await;
            visitor.post("/set/a").await;
            assert_eq!(site.data().await, [json!({"a": 1})], "{placement:?}");
        }
    }
}

#[actix_web::test]
async fn a_renewal_keeps_the_data() {
    for placement in Placement::ALL {
        let site = Site::open_with(placement).await;
        let visitor = site.visitor().await;
        let old = site.text("id").await;
        join!(visitor.post("/slow-rotate"), site.gate.hold(1, async {}));
        assert_ne!(site.text("id").await, old, "{placement:?}");
        visitor.post("/set/b").await;
        assert_eq!(site.data().await, [json!({"a": 1, "b": 1})], "{placement:?}");
    }
}
