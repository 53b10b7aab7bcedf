//! Puts together what a packument and a tarball say of a package. The tarball is more reliable.

use std::time::SystemTime;

use pkgstats_catalog::Details;
use pkgstats_catalog::readings::{
    Contents as StoredContents, Dependency, DependencyKind, Facts, Person, Reading, Version as StoredVersion,
};
use pkgstats_core::manifest::{self, Manifest, Types};
use pkgstats_registry::{Contents, Error, Packument, Version};

/// The most files that are listed.
const MOST_FILES: usize = 10_000;

/// The most maintainers that are shown.
const MOST_PEOPLE: usize = 100;

/// Returns what is stored of a package. `contents` is `None` if the package has no version.
pub(super) fn reading(
    name: &str,
    packument: &Packument,
    etag: Option<String>,
    contents: Option<Result<Contents, Error>>,
) -> Reading {
    let (contents, problem) = match contents {
        Some(Ok(contents)) => (Some(contents), None),
        Some(Err(error)) => (None, Some(error.to_string())),
        None => (None, None),
    };
    let latest = packument.latest();
    let in_tarball = contents.as_ref().and_then(|contents| contents.manifest.as_ref());
    let manifest = in_tarball.or(packument.latest_manifest.as_ref()).cloned().unwrap_or_default();
    let in_packument = packument.latest_manifest.as_ref();
    let details = Details {
        name: name.to_owned(),
        version: latest.map(|latest| latest.version.clone()),
        description: manifest.description.clone().or_else(|| in_packument?.description.clone()),
        keywords: manifest.keywords.clone(),
        // Packages are deprecated after they were published.
        deprecated: latest.and_then(|latest| latest.deprecated.clone()),
    };
    Reading {
        facts: facts(packument, &manifest, contents.as_ref(), problem),
        dependencies: dependencies(&manifest),
        versions: packument.versions.iter().map(version).collect(),
        contents: contents.map(stored_contents),
        details,
        etag,
    }
}

fn facts(packument: &Packument, manifest: &Manifest, contents: Option<&Contents>, problem: Option<String>) -> Facts {
    let latest = packument.latest();
    let repository = manifest.repository.as_ref();
    let module_format = match contents {
        Some(contents) => contents.module_format(),
        None => latest.and_then(|latest| latest.module_format),
    };
    let types = contents.map(Contents::types).or(latest.map(|latest| latest.types));
    let maintainers = if packument.maintainers.is_empty() { &manifest.maintainers } else { &packument.maintainers };
    Facts {
        license: manifest.license.as_ref().map(|license| license.expression.clone()),
        module_format: module_format.map(|format| format.to_string()),
        has_types: types == Some(Types::Own),
        engines: manifest.engines.iter().cloned().collect(),
        commands: manifest.bin.clone(),
        repository: repository.map(|repository| repository.url.clone()),
        directory: repository.and_then(|repository| repository.directory.clone()),
        homepage: manifest.homepage.clone(),
        author: manifest.author.as_ref().map(person),
        maintainers: maintainers.iter().take(MOST_PEOPLE).map(person).collect(),
        tags: packument.dist_tags.iter().cloned().collect(),
        published: latest.and_then(|latest| latest.published).map(time::OffsetDateTime::unix_timestamp),
        created: packument.created.map(time::OffsetDateTime::unix_timestamp),
        versions: packument.versions.len(),
        dependencies: manifest.dependencies.len(),
        unpacked_size: contents
            .map(|contents| contents.unpacked_size)
            .or_else(|| latest.and_then(|latest| latest.unpacked_size)),
        packed_size: contents.map(|contents| contents.packed_size),
        file_count: contents
            .map(|contents| u64::try_from(contents.files.len()).unwrap_or(u64::MAX))
            .or_else(|| latest.and_then(|latest| latest.file_count)),
        ignored_entries: contents.map_or(0, |contents| contents.ignored.total()),
        problem,
    }
}

fn person(person: &manifest::Person) -> Person {
    Person { name: person.name.clone(), url: person.url.clone() }
}

fn dependencies(manifest: &Manifest) -> Vec<Dependency> {
    let lists = [
        (DependencyKind::Runtime, &manifest.dependencies),
        (DependencyKind::Peer, &manifest.peer_dependencies),
        (DependencyKind::Optional, &manifest.optional_dependencies),
        (DependencyKind::Development, &manifest.dev_dependencies),
    ];
    let of = |(kind, list): (DependencyKind, &Vec<(String, String)>)| {
        list.iter().map(move |(name, range)| Dependency { kind, name: name.clone(), range: range.clone() }).collect()
    };
    lists.into_iter().flat_map(|list| -> Vec<_> { of(list) }).collect()
}

fn version(version: &Version) -> StoredVersion {
    let size = |number: Option<u64>| number.and_then(|number| i64::try_from(number).ok());
    StoredVersion {
        version: version.version.clone(),
        published: version.published.map(SystemTime::from),
        deprecated: version.deprecated.clone(),
        license: version.license.as_ref().map(|license| license.expression.clone()),
        module_format: version.module_format.map(|format| format.to_string()),
        has_types: version.types == Types::Own,
        node: version.engines.iter().find(|(engine, _)| engine == "node").map(|(_, range)| range.clone()),
        unpacked_size: size(version.unpacked_size),
        file_count: size(version.file_count),
        dependencies: i32::try_from(version.dependencies).unwrap_or(i32::MAX),
    }
}

fn stored_contents(contents: Contents) -> StoredContents {
    let files = contents.files.into_iter().take(MOST_FILES);
    StoredContents {
        is_cut: contents.readme.as_ref().is_some_and(|readme| readme.is_truncated),
        readme: contents.readme.map(|readme| (readme.path, readme.text)),
        files: files.map(|file| (file.path, i64::try_from(file.size).unwrap_or(i64::MAX))).collect(),
    }
}
