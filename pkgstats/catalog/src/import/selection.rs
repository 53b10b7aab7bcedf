//! Which packages an import keeps.

use std::collections::HashSet;

use crate::import::item::Item;

/// A part of all packages, for tests and demos. Ranks, shares and sums are still those of all packages.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    at_least: u64,
    names: HashSet<String>,
}

impl Selection {
    /// Keeps packages with this many downloads, and packages of these names.
    #[must_use]
    pub fn new(at_least: u64, names: impl IntoIterator<Item = String>) -> Self {
        Self { at_least, names: names.into_iter().collect() }
    }

    /// Returns whether to keep an item. Counts come before all other items, and decide which packages are kept.
    pub(crate) fn keeps(&mut self, item: &Item) -> bool {
        match item {
            Item::Count(name, downloads) if *downloads >= self.at_least => {
                self.names.insert(name.clone());
                true
            }
            Item::Name(name)
            | Item::Count(name, _)
            | Item::Previous(name, _)
            | Item::Repository(name, _)
            | Item::Dependents(name, _) => self.names.contains(name),
            _ => true,
        }
    }
}
