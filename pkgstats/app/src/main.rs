//! The command `pkgstats`.

mod command;

use std::env;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::Context;
use axum::http::HeaderName;
use clap::{Parser, Subcommand};
use command::account::Action;
use command::create_database::create_database;
use command::sync::Names;
use pkgstats::{App, Options, RegistryOptions, Workers, router};
use pkgstats_catalog::{Import, Kind, RELEASES, Selection, example_names, fetch};
use pkgstats_core::query::Query;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::spawn_blocking;

/// A self-hosted viewer of npm packages and their statistics.
#[derive(Parser)]
#[command(version, after_help = "Example:\n  DATABASE_URL=postgres://app@localhost/stats pkgstats serve --port 3002")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the site.
    Serve(Serve),
    /// Import packages and their downloads into the catalogue.
    Import(ImportFiles),
    /// Search the catalogue.
    Search(Search),
    /// List, add and delete accounts, and set their passwords.
    Account(AccountCommand),
    /// Read the details of packages from the registry now.
    Sync(Sync),
    /// Create the tables, or bring them up to date.
    Migrate(Database),
}

#[derive(clap::Args)]
struct Database {
    /// The connection string of PostgreSQL.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
}

/// Import packages and their downloads into the catalogue. Searches go on meanwhile.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  npm pack download-counts@2.20260301.0\n  pkgstats import \
                  download-counts=download-counts-2.20260301.0.tgz\n\nWithout files, the 5,000 most popular packages.")]
struct ImportFiles {
    #[command(flatten)]
    database: Database,

    /// What to import: a kind, such as download-counts, and an archive of npm or its JSON.
    #[arg(value_name = "KIND=FILE", value_parser = kind_and_file)]
    files: Vec<(Kind, PathBuf)>,

    /// Keep packages with this many downloads only, and some examples. The figures are still those of all.
    #[arg(long, value_name = "DOWNLOADS")]
    at_least: Option<u64>,

    /// Fetch the downloads of two months with npm into this folder, and import them too. If that fails, import the 5,000 most
    /// popular packages.
    #[arg(long, value_name = "FOLDER", conflicts_with = "files")]
    fetch: Option<PathBuf>,

    /// Do nothing if the catalogue has packages.
    #[arg(long)]
    if_empty: bool,

    /// Create the database first, if it does not exist. The user of the connection string must be allowed to.
    #[arg(long)]
    create_database: bool,
}

#[derive(clap::Args)]
struct Search {
    #[command(flatten)]
    database: Database,

    /// What the search box would contain.
    query: String,
}

fn kind_and_file(text: &str) -> Result<(Kind, PathBuf), String> {
    let (kind, file) = text.split_once('=').ok_or("write it as KIND=FILE")?;
    Ok((kind.parse().map_err(|error: pkgstats_catalog::UnknownKindError| error.to_string())?, file.into()))
}

impl Database {
    async fn open(self) -> anyhow::Result<App> {
        App::new(Options::new(self.database_url)).await
    }
}

impl ImportFiles {
    async fn run(self) -> anyhow::Result<()> {
        if self.create_database {
            create_database(&self.database.database_url).await?;
        }
        let app = self.database.open().await?;
        if self.if_empty && app.catalog().generation().await?.packages > 0 {
            return Ok(());
        }
        let files = match self.fetch {
            Some(folder) => fetch_counts(folder).await,
            None => self.files,
        };
        let mut import = match files.is_empty() {
            true => Import::new().shipped(),
            false => files.into_iter().fold(Import::new(), |import, (kind, file)| import.file(kind, file)),
        };
        if let Some(downloads) = self.at_least {
            import = import.select(Selection::new(downloads, example_names().map(str::to_owned)));
        }
        let report = app.catalog().import(import).await?;
        println!("{} packages in the catalogue, imported in {:.1?}", report.packages, report.duration);
        app.close().await;
        Ok(())
    }
}

/// Fetches the downloads of two months with npm. Returns nothing if that fails.
async fn fetch_counts(folder: PathBuf) -> Vec<(Kind, PathBuf)> {
    let counts = [Kind::DownloadCounts, Kind::PreviousDownloadCounts];
    let fetch_all = move || -> Result<_, pkgstats_catalog::Error> {
        let releases = RELEASES.into_iter().filter(|(kind, _)| counts.contains(kind));
        releases.map(|(kind, release)| Ok((kind, fetch(&folder, release)?))).collect()
    };
    eprintln!("fetching the downloads of two months with npm, 28 MB each, unless they are there");
    let fetched = spawn_blocking(fetch_all).await.map_err(anyhow::Error::from);
    fetched.and_then(|files| Ok(files?)).unwrap_or_else(|error| {
        eprintln!("{error}; importing the 5,000 most popular packages only");
        Vec::new()
    })
}

impl Search {
    async fn run(self) -> anyhow::Result<()> {
        let app = self.database.open().await?;
        let results = app.catalog().search(&Query::parse(&self.query), 1).await?;
        for hit in results.results {
            let downloads =
                hit.figure.map_or_else(|| "no figure yet".to_owned(), |figure| figure.downloads.to_string());
            println!("{:<40} {downloads:>15}  {}", hit.name, hit.reason);
        }
        app.close().await;
        Ok(())
    }
}

#[derive(clap::Args)]
struct AccountCommand {
    #[command(flatten)]
    database: Database,

    #[command(subcommand)]
    action: Action,
}

impl AccountCommand {
    async fn run(self) -> anyhow::Result<()> {
        let app = self.database.open().await?;
        let done = self.action.run(&app).await;
        app.close().await;
        done
    }
}

#[derive(clap::Args)]
struct Sync {
    #[command(flatten)]
    database: Database,

    #[command(flatten)]
    registry: RegistryOptions,

    #[command(flatten)]
    names: Names,
}

impl Sync {
    async fn run(self) -> anyhow::Result<()> {
        let registry = self.registry.open()?;
        let app = App::new(Options { registry, ..Options::new(self.database.database_url) }).await?;
        let done = self.names.run(&app).await;
        app.close().await;
        done
    }
}

#[derive(clap::Args)]
struct Serve {
    #[command(flatten)]
    database: Database,

    #[command(flatten)]
    registry: RegistryOptions,

    /// The address to listen on. Only a proxy with TLS should reach it.
    #[arg(long, env = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,

    /// The port to listen on.
    #[arg(long, env = "PORT", default_value_t = 3002)]
    port: u16,

    /// The header in which the proxy before this program passes on the address of the client, such as x-forwarded-for. Its last
    /// address counts. Without this option, it is the address of the connection.
    #[arg(long, env = "CLIENT_ADDRESS_HEADER", value_name = "HEADER")]
    client_address_header: Option<HeaderName>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    match Cli::parse().command {
        Command::Serve(serve) => serve.run().await,
        Command::Import(import) => import.run().await,
        Command::Search(search) => search.run().await,
        Command::Account(account) => account.run().await,
        Command::Sync(sync) => sync.run().await,
        Command::Migrate(database) => {
            database.open().await?.close().await;
            println!("the tables are up to date");
            Ok(())
        }
    }
}

impl Serve {
    async fn run(self) -> anyhow::Result<()> {
        // Browsers send secure cookies over https only.
        let secure_cookies = !env::var("APP_ENV").is_ok_and(|name| name == "development");
        let options = Options {
            secure_cookies,
            registry: self.registry.open()?,
            client_address_header: self.client_address_header,
            ..Options::new(self.database.database_url)
        };
        let app = App::new(options).await?;
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let stop = async move {
            tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
        };
        let listener = TcpListener::bind((self.address, self.port))
            .await
            .with_context(|| format!("cannot listen on port {} of {}", self.port, self.address))?;
        println!("listening on http://{} (Pkg Stats)", listener.local_addr()?);
        let workers = Workers::start(&app);
        let site = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, site).with_graceful_shutdown(stop).await?;
        workers.stop().await;
        app.close().await;
        Ok(())
    }
}
