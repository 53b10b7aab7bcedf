//! The catalogue: one line for each operation.

use deadpool_postgres::Pool;
use pkgstats_core::query::Query;

use crate::connection::{Connection, client};
use crate::error::Error;
use crate::export;
use crate::found::Hit;
use crate::generation::Generation;
use crate::import::{Import, Report};
use crate::list::{self, ListEntry, ListKind};
use crate::migrate;
use crate::owner::{self, Owner};
use crate::package::{self, Package};
use crate::search::{self, SearchResults};
use crate::suggest::{self, Suggestions};

/// The catalogue in a PostgreSQL database, in the schema `pkgstats`. Cheap to clone.
///
/// All operations return an error if the database is not reachable, refuses a statement, or lacks the schema.
#[derive(Clone)]
pub struct Catalog {
    pool: Pool,
}

impl Catalog {
    /// Returns the catalogue in the database of this pool. Does not connect.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Creates the schema, or brings it up to date. Safe to call in several processes at once.
    ///
    /// # Errors
    ///
    /// See [`Error`]. A schema of a later version of this program is an error.
    pub async fn migrate(&self) -> Result<(), Error> {
        migrate::migrate(&self.pool).await
    }

    /// Checks that the schema is that of this program.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NotMigrated`] or [`Error::TooNew`] if it is not. See [`Error`] for others.
    pub async fn check(&self) -> Result<(), Error> {
        migrate::check(&self.pool).await
    }

    /// Reads files, and replaces the catalogue. Searches go on meanwhile, on the old one.
    ///
    /// # Errors
    ///
    /// See [`Error`]. The catalogue is then unchanged.
    pub async fn import(&self, import: Import) -> Result<Report, Error> {
        import.run(&self.pool).await
    }

    /// Returns what the catalogue consists of.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn generation(&self) -> Result<Generation, Error> {
        let mut client = client(&self.pool).await?;
        Generation::read(&Connection::begin(&mut client).await?).await
    }

    /// Returns a page of 25 results. The first page is 1.
    ///
    /// # Errors
    ///
    /// See [`Error`]. No query is an error.
    pub async fn search(&self, query: &Query, page: usize) -> Result<SearchResults, Error> {
        let mut client = client(&self.pool).await?;
        search::search(&Connection::begin(&mut client).await?, query, page).await
    }

    /// Returns at most ten packages that the user may mean.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn suggest(&self, query: &Query) -> Result<Suggestions, Error> {
        let mut client = client(&self.pool).await?;
        suggest::suggest(&Connection::begin(&mut client).await?, query).await
    }

    /// Returns at most ten packages whose names resemble one that does not exist.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn near_names(&self, name: &str) -> Result<Suggestions, Error> {
        let mut client = client(&self.pool).await?;
        suggest::near_names(&Connection::begin(&mut client).await?, name).await
    }

    /// Returns a package, or `None` if the catalogue has none of this name.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn package(&self, name: &str) -> Result<Option<Package>, Error> {
        let mut client = client(&self.pool).await?;
        package::package(&Connection::begin(&mut client).await?, name).await
    }

    /// Returns packages of these names in this order, without those that do not exist.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn packages(&self, names: &[String]) -> Result<Vec<Hit>, Error> {
        let mut client = client(&self.pool).await?;
        package::packages(&Connection::begin(&mut client).await?, names).await
    }

    /// Returns a page of 25 packages of a GitHub account, or `None` if it owns none. The first page is 1.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn owner(&self, account: &str, page: usize) -> Result<Option<Owner>, Error> {
        let mut client = client(&self.pool).await?;
        owner::owner(&Connection::begin(&mut client).await?, account, page).await
    }

    /// Returns a page of 25 packages of a list. The first page is 1.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn list(&self, kind: ListKind, page: usize) -> Result<Vec<ListEntry>, Error> {
        let mut client = client(&self.pool).await?;
        list::list(&Connection::begin(&mut client).await?, kind, page).await
    }

    /// Returns the most popular packages and those of these names as the content of a file of the kind
    /// [`Slice`](crate::Kind::Slice). `source` says where the data is from.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn export(&self, source: &str, top: u32, names: &[String]) -> Result<String, Error> {
        let mut client = client(&self.pool).await?;
        export::export(&Connection::begin(&mut client).await?, source, top, names).await
    }
}
