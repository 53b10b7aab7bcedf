//! What was read from the registry, for the pages of packages.

use std::time::{Duration, SystemTime};

use pkgstats_catalog::Details;
use pkgstats_catalog::readings::{Contents, Dependency, DependencyKind, Facts, Reading, Readings, Version};

use crate::site::empty;

fn version(version: &str) -> Version {
    Version {
        version: version.to_owned(),
        published: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_500_000_000)),
        deprecated: None,
        license: Some("MIT".to_owned()),
        module_format: None,
        has_types: false,
        node: Some(">=18".to_owned()),
        unpacked_size: Some(29_318),
        file_count: None,
        dependencies: 1,
    }
}

fn dependency(name: &str) -> Dependency {
    Dependency { kind: DependencyKind::Runtime, name: name.to_owned(), range: "^1.0.0".to_owned() }
}

fn reading(name: &str, versions: &[&str]) -> Reading {
    Reading {
        details: Details {
            name: name.to_owned(),
            version: versions.last().map(|last| (*last).to_owned()),
            ..Details::default()
        },
        facts: Facts { license: Some("MIT\0".to_owned()), versions: versions.len(), ..Facts::default() },
        etag: Some("\"1\"".to_owned()),
        versions: versions.iter().copied().map(version).collect(),
        dependencies: vec![dependency("pg"), dependency("co")],
        contents: Some(Contents {
            readme: Some(("Readme.md".to_owned(), "# A\0".to_owned())),
            is_cut: false,
            files: vec![("index.js".to_owned(), 7)],
        }),
    }
}

async fn names(readings: &Readings) -> Vec<String> {
    readings.versions("a", 9, 0).await.unwrap().into_iter().map(|version| version.version).collect()
}

#[tokio::test]
async fn a_reading_replaces_the_one_before() {
    let (_, pool) = empty().await;
    let readings = Readings::new(pool.clone());
    assert_eq!(readings.facts("a").await.unwrap(), None);
    readings.store(&reading("a", &["1.0.0", "1.1.0", "2.0.0-beta"])).await.unwrap();
    assert_eq!(names(&readings).await, ["2.0.0-beta", "1.1.0", "1.0.0"]);
    assert_eq!(readings.version("a", "1.1.0").await.unwrap(), Some(version("1.1.0")));
    let stored = readings.facts("a").await.unwrap().unwrap();
    assert_eq!((stored.facts.license.as_deref(), stored.etag.as_deref()), (Some("MIT"), Some("\"1\"")));
    let readme = readings.readme("a").await.unwrap().unwrap();
    assert_eq!(
        (readme.version.as_str(), readme.path.as_str(), readme.text.as_str()),
        ("2.0.0-beta", "Readme.md", "# A")
    );

    // A version was taken back, and another published.
    let mut second = reading("a", &["1.0.0", "1.1.0", "2.0.0"]);
    (second.dependencies, second.contents) = (vec![dependency("pg")], None);
    readings.store(&second).await.unwrap();
    assert_eq!(names(&readings).await, ["2.0.0", "1.1.0", "1.0.0"]);
    assert_eq!(readings.count_versions("a").await.unwrap(), 3);
    assert_eq!(readings.dependencies("a").await.unwrap(), [dependency("pg")]);
    assert_eq!(readings.readme("a").await.unwrap().unwrap().version, "2.0.0-beta", "the last that could be read");
    let sql = "SELECT string_agg(version, ' ') FROM pkgstats.version WHERE appeared IS NOT NULL";
    let appeared: String = pool.get().await.unwrap().query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(appeared, "2.0.0", "those of the first reading are no news");
}

#[tokio::test]
async fn dependents_are_counted_among_what_was_read() {
    let (_, pool) = empty().await;
    let readings = Readings::new(pool);
    for name in ["a", "b", "c"] {
        readings.store(&reading(name, &["1.0.0"])).await.unwrap();
    }
    assert_eq!(readings.count_dependents("pg").await.unwrap(), 3);
    let dependents = readings.dependents("pg", 2, 1).await.unwrap();
    assert_eq!(dependents.iter().map(|dependent| dependent.name.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    assert_eq!(dependents[0].range, "^1.0.0");
    assert!(readings.dependents("a", 9, 0).await.unwrap().is_empty());
    assert_eq!(readings.files("b").await.unwrap().unwrap().files, [("index.js".to_owned(), 7)]);
    assert_eq!(readings.files("pg").await.unwrap(), None);
}
