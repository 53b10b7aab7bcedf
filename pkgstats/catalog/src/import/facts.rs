//! What an import learns from its files besides the rows.

use std::collections::HashMap;

use pkgstats_core::name;
use pkgstats_core::popularity::{Histogram, Standing};

use crate::import::item::{Item, Total};
use crate::import::selection::Selection;
use crate::replacement::Replacement;

/// The totals and the small tables of the next generation.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) histogram: Histogram,
    pub(crate) standings: HashMap<u64, Standing>,
    pub(crate) total: Total,
    pub(crate) previous: Total,
    pub(crate) types: Vec<String>,
    pub(crate) replacements: Vec<(String, Replacement)>,
    /// Entries whose names no package can have.
    pub(crate) skipped: u64,
}

impl Facts {
    /// Notes an item. Returns it if it is a row to store.
    pub(crate) fn note(&mut self, item: Item, selection: Option<&mut Selection>) -> Option<Item> {
        match item {
            Item::Total(total) => self.total = total,
            Item::PreviousTotal(total) => self.previous = total,
            Item::Standing(downloads, standing) => drop(self.standings.insert(downloads, standing)),
            Item::Types(name) => self.types.push(name),
            Item::Replacement(name, replacement) => self.replacements.push((name, replacement)),
            Item::Name(ref name)
            | Item::Count(ref name, _)
            | Item::Previous(ref name, _)
            | Item::Repository(ref name, _)
            | Item::Dependents(ref name, _) => {
                if !name::is_valid(name) {
                    self.skipped += 1;
                    return None;
                }
                if selection.is_none_or(|selection| selection.keeps(&item)) {
                    return Some(item);
                }
            }
        }
        None
    }

    /// Returns the number of rows of the small tables.
    pub(crate) fn small_rows(&self) -> u64 {
        u64::try_from(self.types.len() + self.replacements.len()).unwrap_or(u64::MAX)
    }

    /// Counts an item, whether or not it is kept. For files that have all packages.
    pub(crate) fn count(&mut self, item: &Item) {
        match item {
            Item::Count(_, downloads) => {
                self.histogram.add(*downloads);
                self.total.sum = self.total.sum.saturating_add(*downloads);
            }
            Item::Previous(_, downloads) => self.previous.sum = self.previous.sum.saturating_add(*downloads),
            _ => {}
        }
    }
}
