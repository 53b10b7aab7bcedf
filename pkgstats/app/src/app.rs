//! What all requests share.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::http::HeaderName;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use pg_session_tower::PgStore;
use pkgstats_catalog::jobs::Jobs;
use pkgstats_catalog::readings::Readings;
use pkgstats_catalog::users::Users;
use pkgstats_catalog::{Catalog, Days, Followers};
use pkgstats_registry::Registry;
use tokio_postgres::NoTls;

use crate::password;
use crate::readmes::Readmes;
use crate::work::wake::Wake;

/// A session that nobody uses ends after this time, and each one after `MAX_AGE`.
pub(crate) const TTL: Duration = Duration::from_secs(30 * 24 * 3600);
const MAX_AGE: Duration = Duration::from_secs(180 * 24 * 3600);

/// How the program runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// The connection string of PostgreSQL.
    pub database_url: String,
    /// Whether browsers send the session's cookie over https only.
    pub secure_cookies: bool,
    /// Where details and daily downloads of packages are read. Without one, pages show what is stored.
    pub registry: Option<Registry>,
    /// The header in which a proxy passes on the address of the client. Without one, it is the address of the connection.
    pub client_address_header: Option<HeaderName>,
}

impl Options {
    /// Returns options that read nothing from a registry.
    #[must_use]
    pub fn new(database_url: impl Into<String>) -> Self {
        Self { database_url: database_url.into(), secure_cookies: true, registry: None, client_address_header: None }
    }
}

/// The program's parts that requests use. Clones share them.
#[derive(Clone)]
pub struct App {
    pub(crate) catalog: Catalog,
    pub(crate) users: Users,
    pub(crate) sessions: PgStore,
    pub(crate) readings: Readings,
    pub(crate) readmes: Readmes,
    pub(crate) days: Days,
    pub(crate) jobs: Jobs,
    pub(crate) followers: Followers,
    pub(crate) registry: Option<Registry>,
    /// Wakes the workers of this process.
    pub(crate) wake: Arc<Wake>,
    pub(crate) secure_cookies: bool,
    pub(crate) client_address_header: Option<HeaderName>,
}

impl App {
    /// Connects to PostgreSQL, and creates the tables where they are missing.
    ///
    /// # Errors
    /// The connection string is invalid, PostgreSQL cannot be reached, or it refuses.
    pub async fn new(options: Options) -> Result<Self> {
        let config = options.database_url.parse().context("DATABASE_URL is no connection string of PostgreSQL")?;
        let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let pool = Pool::builder(manager).max_size(8).build()?;
        let catalog = Catalog::new(pool.clone());
        catalog.migrate().await.context("cannot create the tables")?;
        let readings = Readings::new(pool.clone());
        let (users, jobs) = (Users::new(pool.clone()), Jobs::new(pool.clone()));
        let (days, followers) = (Days::new(pool.clone()), Followers::new(pool));
        let sessions = PgStore::builder(options.database_url.clone())
            .schema("pkgstats")
            .subject("user.id")
            .ttl(TTL)
            .max_age(MAX_AGE)
            .build()?;
        sessions.setup().await.context("cannot set up the table of the sessions")?;
        password::prepare().await?;
        let Options { secure_cookies, registry, client_address_header, .. } = options;
        let (readmes, wake) = (Readmes::new(), Arc::default());
        Ok(Self {
            catalog,
            users,
            sessions,
            readings,
            readmes,
            days,
            jobs,
            followers,
            registry,
            wake,
            secure_cookies,
            client_address_header,
        })
    }

    /// Returns the catalogue.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Ends the work in the background, and closes the connections of the sessions.
    pub async fn close(&self) {
        self.sessions.close().await;
    }
}
