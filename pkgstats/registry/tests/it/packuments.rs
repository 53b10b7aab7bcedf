//! Packuments: shapes, names, ETags.

use std::time::Duration;

use pkgstats_registry::{ErrorKind, Fetched};

use crate::support::{made_up, package};
use pkgstats_registry::loopback::Loopback;

#[tokio::test]
async fn an_etag_saves_reading_what_has_not_changed() {
    let loopback = made_up(&["a"]).await;
    let registry = loopback.builder().build().unwrap();
    let Fetched::New { etag: Some(etag), age: None, .. } = registry.packument("a", None).await.unwrap() else {
        panic!("an ETag");
    };
    assert_eq!(registry.packument("a", Some(&etag)).await.unwrap(), Fetched::NotModified);
    loopback.publish("a", "1.1.0");
    let changed = registry.packument("a", Some(&etag)).await.unwrap().into_value().unwrap();
    assert_eq!(changed.versions.len(), 2);
    loopback.be_sparse();
    assert!(matches!(registry.packument("a", Some(&etag)).await.unwrap(), Fetched::New { etag: None, .. }));
}

#[tokio::test]
async fn names_with_scopes_and_odd_characters_are_found() {
    let names = ["@types/node", "JSONStream", "jsonstream", "a!*()'~b"];
    let loopback = made_up(&names).await;
    let registry = loopback.builder().build().unwrap();
    for name in names {
        let packument = registry.packument(name, None).await.unwrap().into_value().unwrap();
        assert_eq!(packument.name, name);
        let contents = registry.tarball(name, packument.latest().unwrap()).await.unwrap();
        assert_eq!(contents.manifest.unwrap().name.as_deref(), Some(name));
    }
    assert!(loopback.take_requests().contains(&"/@types%2Fnode".to_owned()));
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_sends_no_request() {
    let loopback = made_up(&["a"]).await;
    let registry = loopback.builder().build().unwrap();
    for name in ["", "..", "../a", "a/../b", "_changes/x"] {
        assert_eq!(registry.packument(name, None).await.unwrap_err().kind(), ErrorKind::Invalid, "{name}");
    }
    assert_eq!(loopback.take_requests(), Vec::<String>::new());
}

#[tokio::test]
async fn the_abbreviated_shape_and_a_sparse_mirror_are_read() {
    let loopback = made_up(&["a"]).await;
    loopback.deprecate("a", "use b");
    let registry = loopback.builder().build().unwrap();
    let full = registry.packument("a", None).await.unwrap().into_value().unwrap();
    assert_eq!(full.latest().unwrap().deprecated.as_deref(), Some("use b"));
    assert!(full.created.is_some() && full.maintainers.len() == 1);
    assert_eq!(full.latest().unwrap().license.as_ref().unwrap().expression, "MIT");

    let abbreviated = reqwest::Client::new().get(format!("{}a", loopback.url()));
    let abbreviated = abbreviated.header("accept", "application/vnd.npm.install-v1+json").send().await.unwrap();
    let abbreviated: serde_json::Value = serde_json::from_str(&abbreviated.text().await.unwrap()).unwrap();
    assert!(abbreviated.get("time").is_none() && abbreviated["versions"]["1.0.0"].get("license").is_none());
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.json"), abbreviated.to_string()).unwrap();
    let registry = pkgstats_registry::Registry::builder().folder(folder.path()).build().unwrap();
    let read = registry.packument("a", None).await.unwrap().into_value().unwrap();
    assert_eq!((read.latest().unwrap().version.as_str(), read.latest().unwrap().published), ("1.0.0", None));
    assert!(read.modified.is_some() && read.latest().unwrap().unpacked_size.is_some());

    loopback.be_sparse();
    let sparse = loopback.builder().build().unwrap().packument("a", None).await.unwrap().into_value().unwrap();
    assert_eq!((sparse.created, sparse.maintainers.len()), (None, 0));
    assert_eq!(sparse.latest().unwrap().deprecated, None);
}

#[tokio::test]
async fn a_packument_above_its_limit_is_too_large() {
    let loopback = Loopback::start([package("a")]).await.unwrap();
    loopback.add_old_versions("a", 20_000);
    let mut limits = pkgstats_registry::Limits::default();
    limits.packument = 1 << 20;
    let registry = loopback.builder().limits(limits).timeout(Duration::from_secs(20)).build().unwrap();
    let error = registry.packument("a", None).await.expect_err("too large");
    assert_eq!((error.kind(), error.to_string().contains("exceeds 1 MB")), (ErrorKind::TooLarge, true), "{error}");
}
