//! Reads a packument, however large and however odd, one version at a time.

use pkgstats_core::manifest::Manifest;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::document::Packument;
use super::version::Version;
use crate::error::{Error, Result};
use crate::read::{Entries, text};

/// Reads a packument. Only its outermost object has to be right: what is odd within it is left out.
pub(crate) fn parse(name: &str, json: &[u8]) -> Result<Packument> {
    let what = format!("the packument of {name}");
    let top: Entries<'_> =
        serde_json::from_slice(json).map_err(|error| Error::broken(&what, &error).with_source(error))?;
    let times = Entries::of(top.get("time"));
    let time = |of: &str| text(times.get(of)).and_then(|time| OffsetDateTime::parse(&time, &Rfc3339).ok());
    let tags = Entries::of(top.get("dist-tags"));
    let mut packument = Packument {
        name: text(top.get("name")).unwrap_or_else(|| name.to_owned()),
        dist_tags: tags.0.iter().filter_map(|(tag, version)| Some((tag.to_string(), text(Some(version))?))).collect(),
        created: time("created"),
        modified: time("modified").or_else(|| OffsetDateTime::parse(&text(top.get("modified"))?, &Rfc3339).ok()),
        ..Packument::default()
    };
    let versions = Entries::of(top.get("versions"));
    // Each version is dropped before the next is read. That of npm's longest packuments takes a few kilobytes.
    for (version, json) in &versions.0 {
        if let Some(object) = object(json) {
            let manifest = Manifest::from_object(&object);
            packument.versions.push(Version::new(version, &object, &manifest, time(version)));
        }
    }
    let latest = packument.latest().and_then(|latest| versions.get(&latest.version)).and_then(object);
    packument.latest_manifest = latest.map(|object| Manifest::from_object(&object));
    // What the package has beside its versions is newer.
    let mut outer = Map::new();
    if let Some(maintainers) = top.get("maintainers").and_then(|people| serde_json::from_str(people.get()).ok()) {
        outer.insert("maintainers".to_owned(), maintainers);
    }
    packument.maintainers = Manifest::from_object(&outer).maintainers;
    if let Some(latest) = packument.latest_manifest.as_ref().filter(|_| packument.maintainers.is_empty()) {
        packument.maintainers.clone_from(&latest.maintainers);
    }
    Ok(packument)
}

fn object(json: &RawValue) -> Option<Map<String, Value>> {
    serde_json::from_str(json.get()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::parse;
    use crate::error::ErrorKind;

    #[test]
    fn a_full_packument_is_read() {
        let json = json!({
            "name": "a", "dist-tags": {"latest": "1.1.0", "next": "2.0.0-rc.1"},
            "maintainers": [{"name": "ann", "email": "ann@example.org"}],
            "time": {"created": "2020-01-02T03:04:05.678Z", "modified": "2021-01-01T00:00:00Z", "1.0.0": "2020-01-02T03:04:05Z"},
            "versions": {
                "1.0.0": {"license": "MIT", "deprecated": "use 1.1", "dependencies": {"b": "1", "c": "2"},
                    "dist": {"tarball": "https://r.example/a/-/a-1.0.0.tgz", "unpackedSize": 7, "fileCount": 2}},
                "1.1.0": {"license": "ISC", "type": "module", "description": "An a"}, "2.0.0-rc.1": {},
            },
        });
        let packument = parse("a", json.to_string().as_bytes()).unwrap();
        let first = &packument.versions[0];
        assert_eq!((first.version.as_str(), first.published), ("1.0.0", Some(datetime!(2020-01-02 03:04:05 UTC))));
        assert_eq!((first.dependencies, first.unpacked_size, first.file_count), (2, Some(7), Some(2)));
        assert_eq!((first.deprecated.as_deref(), first.is_prerelease()), (Some("use 1.1"), false));
        assert_eq!(packument.latest().unwrap().version, "1.1.0");
        assert_eq!(packument.latest_manifest.as_ref().unwrap().description.as_deref(), Some("An a"));
        assert_eq!(packument.created, Some(datetime!(2020-01-02 03:04:05.678 UTC)));
        assert_eq!(packument.maintainers[0].name, "ann");
        assert!(packument.version("2.0.0-rc.1").unwrap().is_prerelease());
    }

    #[test]
    fn a_packument_may_lack_or_garble_anything() {
        for json in [
            json!({}),
            json!({"name": 7, "versions": null, "time": [], "dist-tags": "x", "maintainers": 1, "modified": 0}),
            json!({"versions": []}),
            json!({"versions": {"1.0.0": 7}, "dist-tags": {"latest": "1.0.0"}}),
        ] {
            let packument = parse("a", json.to_string().as_bytes()).unwrap();
            assert_eq!((packument.name.as_str(), packument.latest()), ("a", None), "{json}");
        }
        let json = json!({"versions": {"1.0.0": {}, "2.0.0-rc.1": {}}, "dist-tags": {"latest": "9.9.9"}});
        let packument = parse("a", json.to_string().as_bytes()).unwrap();
        assert_eq!(packument.latest().unwrap().version, "1.0.0", "the last that is no prerelease");
        assert_eq!((packument.created, packument.versions[0].published), (None, None));
        let json = json!({"time": {"modified": "2021-01-01T00:00:00Z"}});
        let packument = parse("a", json.to_string().as_bytes()).unwrap();
        assert!(packument.created.is_none() && packument.modified.is_some());
        for text in ["", "[]", "{\"versions\":", "<html>", "null"] {
            let error = parse("a", text.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Broken);
            assert!(error.to_string().starts_with("the packument of a cannot be read: "), "{error}");
        }
    }
}
