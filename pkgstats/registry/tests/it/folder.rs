//! A folder instead of a registry.

use std::fs;
use std::time::Duration;

use pkgstats_registry::{ErrorKind, Fetched, Registry};

use crate::support::tarball;

#[tokio::test]
async fn packuments_and_tarballs_are_read_from_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("@a")).unwrap();
    fs::write(folder.path().join("@a/b.json"), r#"{"name": "@a/b", "versions": {"1.0.0": {}}}"#).unwrap();
    let bytes = tarball(&[("package/package.json", b"{\"name\": \"@a/b\"}"), ("package/readme", b"text")]);
    fs::write(folder.path().join("a-b-1.0.0.tgz"), bytes).unwrap();
    let registry = Registry::builder().folder(folder.path()).build().unwrap();
    assert!(registry.is_offline());

    let Fetched::New { value, etag: None, age: Some(age) } = registry.packument("@a/b", None).await.unwrap() else {
        panic!("an age and no ETag");
    };
    assert!(age < Duration::from_secs(60));
    let contents = registry.tarball("@a/b", value.latest().unwrap()).await.unwrap();
    assert_eq!(contents.readme.unwrap().text, "text");

    let error = registry.packument("nothing", None).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().contains("nothing.json")), (ErrorKind::NotFound, true), "{error}");
    assert_eq!(registry.packument("../x", None).await.unwrap_err().kind(), ErrorKind::Invalid);
    let error = registry.changes(0, 1).await.unwrap_err();
    assert!(error.to_string().contains("set the address of a registry"), "{error}");
}
