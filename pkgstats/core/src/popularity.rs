//! The rank of a package by its downloads, where packages with equal downloads share one rank.

use std::collections::{BTreeMap, HashMap};

/// A rank, and how many packages share it: "rank 1,449,439, shared by 41,196".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// One more than the number of packages with more downloads.
    pub rank: u32,
    /// How many packages have this rank, this one included.
    pub shared_by: u32,
}

/// Counts packages by their downloads.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    packages: HashMap<u64, u32>,
}

impl Histogram {
    /// Counts one package.
    pub fn add(&mut self, downloads: u64) {
        *self.packages.entry(downloads).or_default() += 1;
    }

    /// Returns the rank of every number of downloads that was counted.
    #[must_use]
    pub fn standings(&self) -> HashMap<u64, Standing> {
        let sorted: BTreeMap<_, _> = self.packages.iter().collect();
        let mut rank = 1;
        let standing = |(&downloads, &shared_by): (&u64, &u32)| {
            let standing = Standing { rank, shared_by };
            rank += shared_by;
            (downloads, standing)
        };
        sorted.into_iter().rev().map(standing).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_downloads_share_a_rank() {
        let mut histogram = Histogram::default();
        for downloads in [7, 19, 19, 5, 19, 100] {
            histogram.add(downloads);
        }
        let standings = histogram.standings();
        assert_eq!(standings[&100], Standing { rank: 1, shared_by: 1 });
        assert_eq!(standings[&19], Standing { rank: 2, shared_by: 3 });
        assert_eq!(standings[&7], Standing { rank: 5, shared_by: 1 });
        assert_eq!(standings[&5], Standing { rank: 6, shared_by: 1 });
    }
}
