//! What the loopback registry serves, and the faults it injects.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use bytes::Bytes;

use super::packages::Package;

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) packages: BTreeMap<String, Stored>,
    /// Sequence numbers and names.
    pub(super) changes: Vec<(u64, String)>,
    pub(super) is_sparse: bool,
    pub(super) rate_limited: usize,
    pub(super) refused: HashSet<String>,
    pub(super) status: Option<u16>,
    pub(super) redirect: Option<String>,
    pub(super) delay: Duration,
    pub(super) requests: Vec<String>,
}

/// A package with its versions.
#[derive(Debug)]
pub(super) struct Stored {
    /// The versions with tarballs, the latest last.
    pub(super) versions: Vec<Package>,
    /// The number of versions before those.
    pub(super) old_versions: usize,
    pub(super) deprecated: Option<String>,
    /// Counts changes, and makes the ETag.
    pub(super) revision: u64,
}

impl Stored {
    /// A package is stored with a version, and versions are never removed.
    pub(super) fn latest(&self) -> &Package {
        &self.versions[self.versions.len() - 1]
    }
}

impl State {
    pub(super) fn new(packages: impl IntoIterator<Item = Package>) -> Self {
        let mut state = Self::default();
        for package in packages {
            let name = package.name.clone();
            state
                .packages
                .entry(name.clone())
                .or_insert_with(|| Stored { versions: Vec::new(), old_versions: 0, deprecated: None, revision: 0 })
                .versions
                .push(package);
            state.changed(name);
        }
        state
    }

    pub(super) fn publish(&mut self, name: &str, version: &str) {
        let stored = self.stored(name);
        match stored.latest().with_version(version) {
            Ok(package) => stored.versions.push(package),
            Err(error) => panic!("{name} cannot be published as {version}: {error}"),
        }
        stored.deprecated = None;
        self.changed(name.to_owned());
    }

    pub(super) fn add_old_versions(&mut self, name: &str, count: usize) {
        self.stored(name).old_versions += count;
        self.changed(name.to_owned());
    }

    pub(super) fn deprecate(&mut self, name: &str, reason: &str) {
        self.stored(name).deprecated = Some(reason.to_owned());
        self.changed(name.to_owned());
    }

    pub(super) fn replace_tarball(&mut self, name: &str, tarball: Bytes) {
        if let Some(latest) = self.stored(name).versions.last_mut() {
            latest.tarball = tarball;
        }
    }

    pub(super) fn restart_changes(&mut self) {
        self.changes = vec![(1, "anew".to_owned())];
    }

    fn stored(&mut self, name: &str) -> &mut Stored {
        match self.packages.get_mut(name) {
            Some(stored) => stored,
            None => panic!("the loopback registry has no package {name}"),
        }
    }

    fn changed(&mut self, name: String) {
        if let Some(stored) = self.packages.get_mut(&name) {
            stored.revision += 1;
        }
        let sequence = self.changes.last().map_or(1, |(sequence, _)| sequence + 1);
        self.changes.push((sequence, name));
    }
}
