//! The catalogue that the tests share: it is imported once.

use std::path::Path;
use std::sync::OnceLock;

use deadpool_postgres::{Manager, Pool};
use pg_session_testkit::Server;
use pkgstats_catalog::{Catalog, Import, RELEASES, SearchResults, Selection, example_names, fetch};
use pkgstats_core::query::Query;
use tokio::sync::OnceCell;
use tokio_postgres::NoTls;

/// Packages with fewer downloads are left out, except those with example names.
const AT_LEAST: u64 = 1_000;

/// Makes a test run fail where the data cannot be fetched.
const STRICT: &str = "PKGSTATS_STRICT";

/// Returns the server of this test run. It does not share the server of other crates, which would keep the data in memory.
fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start().unwrap())
}

/// Returns an empty database with the schema, and its pool.
pub(crate) async fn empty() -> (Catalog, Pool) {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
    let name = format!("catalog_{}", NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    pool("postgres").get().await.unwrap().batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    let pool = pool(&name);
    let catalog = Catalog::new(pool.clone());
    catalog.migrate().await.unwrap();
    (catalog, pool)
}

fn pool(database: &str) -> Pool {
    let config: tokio_postgres::Config = server().url(database).parse().unwrap();
    Pool::builder(Manager::new(config, NoTls)).max_size(8).build().unwrap()
}

/// Returns a catalogue of the packages with 1,000 downloads and more, and of those with example names.
///
/// Each test has a runtime of its own, and a pool of its own: connections end with the runtime that opened them.
pub(crate) async fn catalog() -> Catalog {
    Catalog::new(pool(database().await))
}

/// Returns the pool of the shared catalogue.
pub(crate) async fn shared_pool() -> Pool {
    pool(database().await)
}

/// Returns whether the shared catalogue has all packages with 1,000 downloads, and not only the shipped ones.
pub(crate) async fn has_releases() -> bool {
    database().await;
    releases().is_some()
}

async fn database() -> &'static str {
    static IMPORTED: OnceCell<()> = OnceCell::const_new();
    const NAME: &str = "shared";
    IMPORTED
        .get_or_init(|| async {
            pool("postgres").get().await.unwrap().batch_execute(&format!("CREATE DATABASE {NAME}")).await.unwrap();
            let catalog = Catalog::new(pool(NAME));
            catalog.migrate().await.unwrap();
            let names = example_names().map(str::to_owned);
            let import = match releases() {
                Some(import) => import.clone().select(Selection::new(AT_LEAST, names)),
                None => Import::new().shipped(),
            };
            catalog.import(import).await.unwrap();
        })
        .await;
    NAME
}

/// Returns the import of the releases, or `None` if they cannot be fetched.
fn releases() -> Option<&'static Import> {
    static RELEASE_FILES: OnceLock<Option<Import>> = OnceLock::new();
    let files = RELEASE_FILES.get_or_init(|| {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = manifest.ancestors().nth(2).unwrap().join("target/pkgstats-data");
        std::fs::create_dir_all(&folder).unwrap();
        let mut import = Import::new();
        for (kind, release) in RELEASES {
            match fetch(&folder, release) {
                Ok(path) => import = import.file(kind, path),
                Err(error) => {
                    assert!(std::env::var_os(STRICT).is_none(), "{error}");
                    eprintln!("{error}; testing with the 5,000 packages that the repository ships");
                    return None;
                }
            }
        }
        Some(import)
    });
    files.as_ref()
}

/// Returns the first page of the results for a text.
pub(crate) async fn search(text: &str) -> SearchResults {
    catalog().await.search(&Query::parse(text), 1).await.unwrap()
}

/// Returns the names of the results.
pub(crate) fn names(results: &SearchResults) -> Vec<&str> {
    results.results.iter().map(|hit| hit.name.as_str()).collect()
}
