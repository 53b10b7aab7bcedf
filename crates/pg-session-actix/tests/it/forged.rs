//! Cookies whose id can never be stored: the visitor gets a new session, and not an error.

use crate::http::Site;

#[actix_web::test]
async fn an_id_that_cannot_be_stored_starts_a_new_session() {
    let site = Site::open().await;
    for id in ["x".repeat(1_100).as_str(), "x".repeat(4_000).as_str(), "a\0b", "\0", "", "\u{fffd}"] {
        for path in ["/set/a", "/remove/a", "/logout"] {
            site.forger(id).post(path).await;
        }
        let forger = site.forger(id);
        assert_eq!(forger.get("/id").await, "", "{id:?}");
        forger.post("/set/a").await;
        let new = forger.get("/id").await;
        assert!(new.len() == 64 && new != id, "{id:?} became {new:?}");
    }
}
