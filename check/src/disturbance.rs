//! Disturbs a database while stores use it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_postgres::{Client, NoTls};

use crate::store::BoxError;

const KILL_PERIOD: Duration = Duration::from_millis(25);

const KILL: &str = "SELECT count(pg_terminate_backend(pid)) FROM (
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1
) AS any_connection";

/// Lets calls run between two alterations.
const ALTERATION_PAUSE: Duration = Duration::from_millis(20);

/// Statements after each of which the table still fits. After the last one, the table is as it was before the first.
pub const FITTING_ALTERATIONS: &[&str] = &[
    "ALTER TABLE session ALTER session TYPE jsonb USING session::jsonb",
    "ALTER TABLE session ADD extra text",
    "ALTER TABLE session ALTER expiry TYPE timestamp",
    "ALTER TABLE session SET (fillfactor = 60)",
    "ALTER TABLE session ALTER id TYPE varchar(200)",
    "CREATE INDEX session_by_expiry ON session (expiry)",
    "ALTER TABLE session RENAME extra TO other",
    "CLUSTER session USING session_pkey",
    "ALTER TABLE session ALTER session TYPE json USING session::json",
    "VACUUM FULL session",
    "ALTER TABLE session ALTER expiry TYPE timestamptz",
    "DROP INDEX session_by_expiry",
    "ALTER TABLE session ALTER id TYPE text COLLATE \"C\"",
    "ALTER TABLE session DROP other",
    "ALTER TABLE session RESET (fillfactor)",
];

/// A background task that disturbs a database until it is stopped.
pub struct Disturbance {
    task: JoinHandle<BoxError>,
    count: Arc<AtomicU64>,
}

impl Disturbance {
    /// Kills a random other connection to the database every 25 milliseconds. `url` names a superuser.
    ///
    /// # Errors
    /// Fails if the database cannot be reached.
    pub async fn kill_connections(url: &str) -> Result<Self, BoxError> {
        Self::start(url, |client, count| async move {
            loop {
                match client.query_one(KILL, &[]).await {
                    Ok(row) => count.fetch_add(row.get::<_, i64>(0).unsigned_abs(), Ordering::Relaxed),
                    Err(error) => return error.into(),
                };
                sleep(KILL_PERIOD).await;
            }
        })
        .await
    }

    /// Runs these statements one after the other, over and over. `url` names the owner of the table.
    ///
    /// # Errors
    /// Fails if the database cannot be reached.
    pub async fn alter_table(url: &str, statements: &'static [&'static str]) -> Result<Self, BoxError> {
        Self::start(url, |client, count| async move {
            for statement in statements.iter().cycle() {
                if let Err(error) = client.batch_execute(statement).await {
                    return format!("{statement}: {error:?}").into();
                }
                count.fetch_add(1, Ordering::Relaxed);
                sleep(ALTERATION_PAUSE).await;
            }
            "there are no statements".into()
        })
        .await
    }

    async fn start<F>(url: &str, disturb: impl FnOnce(Client, Arc<AtomicU64>) -> F) -> Result<Self, BoxError>
    where
        F: Future<Output = BoxError> + Send + 'static,
    {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        let count = Arc::new(AtomicU64::new(0));
        Ok(Self { task: tokio::spawn(disturb(client, Arc::clone(&count))), count })
    }

    /// Stops, and returns how many connections were killed or statements were run.
    ///
    /// # Errors
    /// Fails if the disturbance ended early because of an error.
    pub async fn stop(self) -> Result<u64, BoxError> {
        self.task.abort();
        match self.task.await {
            Ok(error) => Err(error),
            Err(_) => Ok(self.count.load(Ordering::Relaxed)),
        }
    }
}
