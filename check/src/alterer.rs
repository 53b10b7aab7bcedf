//! Alters the table while it is in use.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_postgres::NoTls;

use crate::store::Failure;

/// So that calls come between.
const PAUSE: Duration = Duration::from_millis(20);

/// Statements that leave a table which fits, from any of them on: after the last, the table is as it was before the first.
pub const FITTING: &[&str] = &[
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

/// Runs statements on a database, one after the other, and again from the first.
pub struct Alterer {
    altering: JoinHandle<Failure>,
    altered: Arc<AtomicU64>,
}

impl Alterer {
    /// Begins. `url` is that of the table's owner.
    ///
    /// # Errors
    /// Where there is no getting to the database.
    pub async fn start(url: &str, statements: &'static [&'static str]) -> Result<Self, Failure> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        let altered = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&altered);
        let altering = async move {
            for statement in statements.iter().cycle() {
                if let Err(error) = client.batch_execute(statement).await {
                    return format!("{statement}: {error:?}").into();
                }
                counter.fetch_add(1, Ordering::Relaxed);
                sleep(PAUSE).await;
            }
            "there are no statements".into()
        };
        Ok(Self { altering: tokio::spawn(altering), altered })
    }

    /// Ends, and tells how many statements there were.
    ///
    /// # Errors
    /// Where it could not go on altering.
    pub async fn stop(self) -> Result<u64, Failure> {
        self.altering.abort();
        match self.altering.await {
            Ok(failure) => Err(failure),
            Err(_) => Ok(self.altered.load(Ordering::Relaxed)),
        }
    }
}
