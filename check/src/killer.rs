//! Kills connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_postgres::NoTls;

use crate::store::Failure;

const PERIOD: Duration = Duration::from_millis(25);

const KILL: &str = "SELECT count(pg_terminate_backend(pid)) FROM (
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1
) AS any_connection";

/// Ends one of the other connections to a database, any of them, every 25 milliseconds.
pub struct Killer {
    killing: JoinHandle<Failure>,
    killed: Arc<AtomicU64>,
}

impl Killer {
    /// Begins. `url` is that of a superuser.
    ///
    /// # Errors
    /// Where there is no getting to the database.
    pub async fn start(url: &str) -> Result<Self, Failure> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        let killed = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&killed);
        let killing = async move {
            loop {
                match client.query_one(KILL, &[]).await {
                    Ok(row) => counter.fetch_add(row.get::<_, i64>(0).unsigned_abs(), Ordering::Relaxed),
                    Err(error) => return error.into(),
                };
                sleep(PERIOD).await;
            }
        };
        Ok(Self { killing: tokio::spawn(killing), killed })
    }

    /// Ends, and tells how many connections it has killed.
    ///
    /// # Errors
    /// Where it could not go on killing.
    pub async fn stop(self) -> Result<u64, Failure> {
        self.killing.abort();
        match self.killing.await {
            Ok(failure) => Err(failure),
            Err(_) => Ok(self.killed.load(Ordering::Relaxed)),
        }
    }
}
