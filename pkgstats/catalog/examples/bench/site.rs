use std::fs;
use std::path::{Path, PathBuf};

use deadpool_postgres::{Manager, Pool};
use pg_session_testkit::{Server, persistent_dir};
use pkgstats_catalog::{Catalog, Import, RELEASES, fetch};
use tokio_postgres::NoTls;

use crate::error::BoxError;

const DATABASE: &str = "postgres";
const CONNECTIONS: usize = 8;

/// A private PostgreSQL with a catalogue, which later runs find again.
pub(crate) struct Site {
    pub(crate) catalog: Catalog,
    _server: Server,
}

impl Site {
    pub(crate) async fn start() -> Result<Self, BoxError> {
        let data = persistent_dir("pkgstats-bench")?;
        let server = Server::builder()
            .data_dir(data)
            .durable(true)
            // A usual size for a server with a few gigabytes.
            .setting("shared_buffers", "512MB")
            .setting("max_wal_size", "4GB")
            .start()?;
        let config: tokio_postgres::Config = server.url(DATABASE).parse()?;
        let pool = Pool::builder(Manager::new(config, NoTls)).max_size(CONNECTIONS).build()?;
        let catalog = Catalog::new(pool);
        catalog.migrate().await?;
        Ok(Self { catalog, _server: server })
    }

    /// Fetches what is missing, and returns the import of everything.
    pub(crate) fn everything(&self) -> Result<Import, BoxError> {
        let folder = folder();
        fs::create_dir_all(&folder)?;
        let mut import = Import::new();
        for (kind, release) in RELEASES {
            eprintln!("fetching {release}");
            import = import.file(kind, fetch(&folder, release)?);
        }
        Ok(import)
    }
}

/// Returns `target/pkgstats-data`.
fn folder() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest).join("target/pkgstats-data")
}
