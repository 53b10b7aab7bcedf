//! Concurrent requests with one session under a `RequestScope`, over real HTTP.

use reqwest::StatusCode;
use serde_json::json;
use tokio::join;

use crate::http::Site;

#[actix_web::test]
async fn each_visitor_has_a_session() {
    let site = Site::open().await;
    let (one, other) = (site.stranger(), site.stranger());
    assert_eq!(one.get("/id").await, "");
    one.post("/set/a").await;
    other.post("/set/b").await;
    one.post("/set/c").await;
    assert_eq!(site.data().await.len(), 2);
    assert!(site.data().await.contains(&json!({"a": 1, "c": 1})));
    let id = one.get("/id").await;
    assert!(site.store.pg_store().get(&id).await.unwrap().unwrap().json().contains("\"c\""));
}

#[actix_web::test]
async fn slow_requests_keep_each_others_changes() {
    let site = Site::open().await;
    let visitor = site.visitor().await;
    join!(visitor.post("/slow/b"), visitor.post("/slow/c"), site.gate.hold(2, visitor.post("/set/d")));
    assert_eq!(site.data().await, [json!({"a": 1, "b": 1, "c": 1, "d": 1})]);
}

#[actix_web::test]
async fn a_logout_wins_over_slow_requests() {
    let site = Site::open().await;
    let visitor = site.visitor().await;
    join!(visitor.post("/slow/b"), visitor.get("/slow-touch"), site.gate.hold(2, visitor.post("/logout")));
    assert!(site.data().await.is_empty());
}

#[actix_web::test]
async fn a_request_that_changes_nothing_writes_nothing() {
    let site = Site::open().await;
    let visitor = site.visitor().await;
    let before = site.text("(xmin, ctid)").await;
    visitor.get("/id").await;
    visitor.post("/set/a").await;
    assert_eq!(site.text("(xmin, ctid)").await, before);

    for (method, path) in [("GET", "/id"), ("POST", "/set/a")] {
        site.sql("UPDATE session SET expiry = expiry - interval '30 min'").await;
        match method {
            "GET" => visitor.get(path).await,
            _ => visitor.post(path).await,
        };
        assert_eq!(site.text("expiry > now() + interval '59 min'").await, "true", "{path}");
    }
}

#[actix_web::test]
async fn a_renewal_keeps_the_row() {
    let site = Site::open().await;
    let visitor = site.visitor().await;
    let old = visitor.get("/id").await;
    join!(visitor.post("/slow-rotate"), site.gate.hold(1, visitor.post("/set/b")));
    let new = visitor.get("/id").await;
    assert!(new != old && !new.is_empty());
    assert_eq!(site.data().await, [json!({"a": 1, "b": 1})]);
    assert_eq!(site.text("id || note").await, format!("{new}kept"));
}

#[actix_web::test]
async fn one_of_two_concurrent_renewals_wins() {
    let site = Site::open().await;
    let visitor = site.visitor().await;
    join!(visitor.post("/slow-rotate"), visitor.post("/slow-rotate"), site.gate.hold(2, async {}));
    assert_eq!(site.data().await, [json!({"a": 1})]);
    assert_eq!(site.text("note").await, "kept");
}

#[actix_web::test]
async fn two_concurrent_logins_both_succeed() {
    let site = Site::open().await;
    let visitor = site.visitor().await;
    join!(visitor.post("/slow-login"), visitor.post("/slow-login"), site.gate.hold(2, async {}));
    let mut data = site.data().await;
    data.sort_by_key(ToString::to_string);
    assert_eq!(data, [json!({"a": 1, "user": 7}), json!({"user": 7})]);
    assert_ne!(visitor.get("/id").await, "");
}

#[actix_web::test]
async fn a_renewal_of_an_ended_session_keeps_only_its_own_data() {
    let site = Site::open().await;
    let visitor = site.visitor().await;
    join!(visitor.post("/slow-rotate"), site.gate.hold(1, visitor.post("/logout")));
    assert!(site.data().await.is_empty());

    let visitor = site.visitor().await;
    join!(visitor.post("/slow-login"), site.gate.hold(1, visitor.post("/logout")));
    assert_eq!(site.data().await, [json!({"user": 7})]);
}

#[actix_web::test]
async fn the_response_in_an_outage_does_not_show_the_reason() {
    let site = Site::open().await;
    let visitor = site.visitor().await;
    site.sql("ALTER TABLE session RENAME TO elsewhere").await;
    let answer = visitor.answer("/set/a").await;
    assert_eq!(answer, (StatusCode::INTERNAL_SERVER_ERROR, String::new()));
}

#[actix_web::test]
async fn a_deletion_that_fails_at_the_end_has_status_500() {
    let site = Site::open().await;
    let visitor = site.visitor().await;
    let refuse = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END';
                  CREATE TRIGGER refuse BEFORE DELETE ON session EXECUTE FUNCTION refuse()";
    let (answer, ()) = join!(visitor.answer("/slow-delete"), site.gate.hold(1, site.sql(refuse)));
    assert_eq!(answer, (StatusCode::INTERNAL_SERVER_ERROR, String::new()));
}
