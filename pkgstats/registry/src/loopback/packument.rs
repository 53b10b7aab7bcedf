//! Packuments in both shapes.

use serde_json::{Map, Value, json};

use super::packages::Package;
use super::state::Stored;

/// The fields of a version in the abbreviated shape.
const ABBREVIATED: [&str; 12] = [
    "name",
    "version",
    "bin",
    "bundleDependencies",
    "dependencies",
    "deprecated",
    "devDependencies",
    "dist",
    "engines",
    "hasInstallScript",
    "optionalDependencies",
    "peerDependencies",
];

/// When the first version was published. Each later one came a day later.
const FIRST: i64 = 1_600_000_000;

pub(super) fn packument(base: &str, stored: &Stored, is_abbreviated: bool, is_sparse: bool) -> Value {
    let latest = stored.latest();
    let mut versions = Map::new();
    let mut time = Map::new();
    let mut add = |package: &Package, name: &str, deprecated: Option<&String>| {
        let mut manifest = package.manifest.clone();
        manifest.insert("version".to_owned(), name.into());
        if let Some(reason) = deprecated.filter(|_| !is_sparse) {
            manifest.insert("deprecated".to_owned(), reason.as_str().into());
        }
        let file = package.name.rsplit('/').next().unwrap_or_default();
        let tarball = format!("{base}{}/-/{file}-{name}.tgz", package.name);
        manifest.insert(
            "dist".to_owned(),
            json!({"tarball": tarball, "fileCount": package.file_count, "unpackedSize": package.unpacked_size}),
        );
        if is_abbreviated {
            manifest.retain(|field, _| ABBREVIATED.contains(&field.as_str()));
        }
        let day = i64::try_from(versions.len()).unwrap_or(0);
        time.insert(name.to_owned(), timestamp(FIRST + day * 86_400).into());
        versions.insert(name.to_owned(), manifest.into());
    };
    for number in 0..stored.old_versions {
        add(&stored.versions[0], &format!("0.0.{number}"), None);
    }
    for package in &stored.versions {
        let is_latest = package.version == latest.version;
        add(package, &package.version, stored.deprecated.as_ref().filter(|_| is_latest));
    }
    let modified = time.get(&latest.version).cloned().unwrap_or_default();
    let mut packument = json!({
        "name": latest.name,
        "dist-tags": {"latest": latest.version},
        "versions": versions,
        "modified": modified,
    });
    if !is_abbreviated {
        if !is_sparse {
            time.insert("created".to_owned(), timestamp(FIRST).into());
            time.insert("modified".to_owned(), modified);
            packument["maintainers"] = json!([{"name": "maintainer", "email": "maintainer@example.org"}]);
        }
        packument["time"] = time.into();
    }
    packument
}

fn timestamp(seconds: i64) -> String {
    let format = &time::format_description::well_known::Rfc3339;
    time::OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|time| time.format(format).ok())
        .unwrap_or_default()
}
