//! A session's data.

use serde_json::json;

use crate::suite::site::{App, Site};

/// Every visitor has a separate session.
pub async fn counts_the_views_of_each_visitor(app: App) {
    let site = Site::open(app).await;
    let (one, other) = (site.visitor(), site.visitor());
    assert_eq!((one.views().await, one.views().await), (1, 2));
    assert_eq!((other.views().await, one.views().await), (1, 3));
    assert_ne!(one.cookie(), other.cookie());
    assert_eq!(site.ids().await.len(), 2);
}

/// Every JSON value is stored unchanged.
pub async fn stores_any_json(app: App) {
    let site = Site::open(app).await;
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
    assert_eq!(visitor.data().await["object"], json!({"other": 1}), "`PUT` should replace the whole value");
}

/// A key in an object is set without changing the other keys. The first key creates the object.
pub async fn sets_a_key_in_an_object(app: App) {
    let site = Site::open(app).await;
    let visitor = site.visitor();
    visitor.put("/session/cart/pen", &json!(1)).await;
    visitor.put("/session/cart/größe", &json!({"a": [null]})).await;
    visitor.put("/session/cart/pen", &json!(2)).await;
    assert_eq!(visitor.data().await, json!({"cart": {"pen": 2, "größe": {"a": [null]}}}));
}

/// Removing a key keeps the other keys.
pub async fn removes_a_key(app: App) {
    let site = Site::open(app).await;
    let visitor = site.visitor();
    visitor.put("/session/a", &json!(1)).await;
    visitor.put("/session/b", &json!(2)).await;
    visitor.delete("/session/a").await;
    assert_eq!(visitor.data().await, json!({"b": 2}));
    visitor.delete("/session/a").await;
    assert_eq!(visitor.data().await, json!({"b": 2}));
}

/// A request that only extends the session keeps its data and its id.
pub async fn touch_keeps_the_data(app: App) {
    let site = Site::open(app).await;
    let visitor = site.visitor();
    visitor.put("/session/a", &json!(1)).await;
    let cookie = visitor.cookie();
    visitor.get("/touch?delay_ms=1").await;
    assert_eq!(visitor.data().await, json!({"a": 1}));
    assert_eq!(visitor.cookie(), cookie);
}

/// A visitor without data gets no cookie and no row.
pub async fn stores_nothing_for_a_visitor_without_data(app: App) {
    let site = Site::open(app).await;
    for path in ["/session", "/touch"] {
        assert!(!site.visitor().get(path).await.sets_cookie, "{path} should set no cookie for a visitor without data");
    }
    for path in ["/rotate", "/logout", "/logout-others"] {
        site.visitor().post(path).await;
    }
    assert_eq!(site.visitor().data().await, json!({}));
    assert!(site.ids().await.is_empty(), "a visitor without data should have no row");
}
