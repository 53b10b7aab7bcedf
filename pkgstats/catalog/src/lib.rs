//! The catalogue of Pkg Stats in PostgreSQL: schema, imports and search.
//!
//! [`Catalog`] is cheap to clone and works on a pool of connections. [`Import`] replaces the catalogue by what the packages
//! `download-counts`, `all-the-package-names` and others of npm contain, while searches go on.
//!
//! ```no_run
//! use pkgstats_catalog::{Catalog, Import, Kind};
//! use pkgstats_core::query::Query;
//!
//! # async fn example(pool: deadpool_postgres::Pool) -> Result<(), pkgstats_catalog::Error> {
//! let catalog = Catalog::new(pool);
//! catalog.migrate().await?;
//! catalog.import(Import::new().file(Kind::DownloadCounts, "download-counts-2.20260301.0.tgz")).await?;
//! for hit in catalog.search(&Query::parse("koa session"), 1).await?.results {
//!     println!("{} ({})", hit.name, hit.reason);
//! }
//! # Ok(())
//! # }
//! ```

mod catalog;
mod connection;
mod days;
mod details;
mod error;
mod export;
mod fetch;
mod follower;
mod found;
mod generation;
mod import;
pub mod jobs;
mod limits;
mod list;
mod lookup;
mod meant;
mod migrate;
mod owner;
mod package;
mod package_row;
pub mod readings;
mod replacement;
mod search;
mod shipped;
mod statements;
mod suggest;
mod tables;
mod tier;
pub mod users;

pub use catalog::Catalog;
pub use days::Days;
pub use details::Details;
pub use error::Error;
pub use fetch::{RELEASES, fetch};
pub use follower::Followers;
pub use found::{Flag, Hit};
pub use generation::Generation;
pub use import::{Import, Kind, Report, Selection, UnknownKindError};
pub use list::{ListEntry, ListKind, UnknownListError};
pub use owner::Owner;
pub use package::Package;
pub use replacement::{Replacement, ReplacementKind};
pub use search::{Corrected, SearchResults};
pub use shipped::example_names;
pub use suggest::{Suggestion, Suggestions};

/// Returns the statements that run for searches and pages, with their names. For tests of their plans.
#[doc(hidden)]
#[must_use]
pub fn statements() -> Vec<(String, &'static str)> {
    statements::all()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Web servers move the futures of their handlers between threads.
    #[test]
    fn the_futures_can_move_between_threads() {
        fn assert_send<T: Send>(_: impl FnOnce(Catalog, pkgstats_core::query::Query) -> T) {}
        assert_send(|catalog, _| async move { catalog.import(Import::new()).await });
        assert_send(|catalog, query| async move { catalog.search(&query, 1).await });
        assert_send(|catalog, query| async move { catalog.suggest(&query).await });
        assert_send(|catalog, _| async move { catalog.package("").await });
        assert_send(|catalog, _| async move { catalog.near_names("").await });
        assert_send(|catalog, _| async move { catalog.owner("", 1).await });
        assert_send(|catalog, _| async move { catalog.list(ListKind::Top, 1).await });
    }
}
