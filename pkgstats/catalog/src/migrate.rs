//! Creates the schema, and brings it up to date.

use deadpool_postgres::Pool;
use tokio_postgres::error::SqlState;

use crate::error::Error;
use crate::tables::{INDEXES, TABLES};

/// All processes that migrate take this advisory lock.
const LOCK: i64 = 0x706b_6773_7461_0001;

const CREATE: &str = include_str!("../sql/migrate/create.sql");
const APPLIED: &str = include_str!("../sql/migrate/applied.sql");
const RECORD: &str = include_str!("../sql/migrate/record.sql");
const LOCK_SQL: &str = include_str!("../sql/migrate/lock.sql");

/// Applies what the database does not have yet, in one transaction. Does nothing if it is up to date.
///
/// # Errors
///
/// Returns an error if the database is not reachable, refuses a statement, or has a later schema.
pub(crate) async fn migrate(pool: &Pool) -> Result<(), Error> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    transaction.execute(LOCK_SQL, &[&LOCK]).await?;
    transaction.batch_execute(CREATE).await?;
    let applied: i32 = transaction.query_one(APPLIED, &[]).await?.get(0);
    let migrations = migrations();
    let known = number(migrations.len());
    if applied > known {
        return Err(Error::TooNew { found: applied, known });
    }
    for (index, migration) in migrations.iter().enumerate() {
        let version = number(index + 1);
        if version > applied {
            transaction.batch_execute(migration).await?;
            transaction.execute(RECORD, &[&version]).await?;
            tracing::info!(version, "migrated the schema pkgstats");
        }
    }
    transaction.commit().await?;
    Ok(())
}

/// Checks that the schema is that of this program.
///
/// # Errors
///
/// Returns an error if the schema is missing, or of another version.
pub(crate) async fn check(pool: &Pool) -> Result<(), Error> {
    let client = pool.get().await?;
    let known = number(migrations().len());
    match client.query_one(APPLIED, &[]).await.map_err(Error::from) {
        Ok(row) if row.get::<_, i32>(0) == known => Ok(()),
        Ok(row) if row.get::<_, i32>(0) > known => Err(Error::TooNew { found: row.get(0), known }),
        Ok(_) => Err(Error::NotMigrated),
        Err(error) if error.is_sql_state(&SqlState::UNDEFINED_TABLE) => Err(Error::NotMigrated),
        Err(error) => Err(error),
    }
}

/// The migrations in their order. A released one never changes.
fn migrations() -> Vec<String> {
    vec![
        include_str!("../migrations/0001_generation.sql").to_owned(),
        [TABLES, INDEXES].concat().replace("{prefix}", ""),
        include_str!("../migrations/0002_detail.sql").to_owned(),
        include_str!("../migrations/0003_users.sql").to_owned(),
        include_str!("../migrations/0004_job.sql").to_owned(),
        include_str!("../migrations/0005_reading.sql").to_owned(),
        include_str!("../migrations/0007_attempt.sql").to_owned(),
        include_str!("../migrations/0008_news.sql").to_owned(),
        include_str!("../migrations/0009_day.sql").to_owned(),
    ]
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
