//! Creates the database of a connection string.

use anyhow::{Context, bail};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, NoTls};

/// A database that every server has.
const MAINTENANCE: &str = "postgres";

/// Creates the database if it does not exist.
pub(crate) async fn create_database(url: &str) -> anyhow::Result<()> {
    let config: Config = url.parse().context("DATABASE_URL is no connection string of PostgreSQL")?;
    let Some(name) = config.get_dbname().map(str::to_owned) else { bail!("DATABASE_URL names no database to create") };
    match config.connect(NoTls).await {
        Ok(_) => return Ok(()),
        Err(error) if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => {}
        Err(error) => return Err(error).context("cannot connect to PostgreSQL"),
    }
    let mut maintenance = config;
    maintenance.dbname(MAINTENANCE);
    let (client, connection) = maintenance.connect(NoTls).await.context("cannot connect to the database postgres")?;
    let connection = tokio::spawn(connection);
    let created = client.batch_execute(&format!("CREATE DATABASE {}", quoted(&name))).await;
    drop(client);
    connection.await??;
    match created {
        // Another process was faster.
        Err(error) if error.code() == Some(&SqlState::DUPLICATE_DATABASE) => Ok(()),
        created => created.with_context(|| format!("cannot create the database {name}")),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
