//! The daily downloads that were read. They are kept for ever.

use deadpool_postgres::Pool;
use pkgstats_core::series::Series;
use time::{Date, Duration};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::error::Error;

/// 2000-01-01, from which PostgreSQL counts days.
const FIRST: i32 = 2_451_545;

/// The daily downloads in a PostgreSQL database. Clones share one pool.
///
/// All operations return an error if the database is not reachable, refuses a statement, or lacks the schema.
#[derive(Clone)]
pub struct Days {
    pool: Pool,
}

impl Days {
    /// Returns the days in the database of this pool. Does not connect.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Stores what the downloads API says of a package. A gap is stored, too: it was asked for.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn store(&self, name: &str, series: &Series) -> Result<(), Error> {
        let days: Vec<i32> = series.iter().map(|(day, _)| number(day)).collect();
        let downloads: Vec<Option<i64>> =
            series.iter().map(|(_, count)| count.map(|count| i64::try_from(count).unwrap_or(i64::MAX))).collect();
        self.query(include_str!("../sql/days/store.sql"), &[&name, &days, &downloads]).await.map(drop)
    }

    /// Returns the first and the last day that were asked for, or `None` if none was.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn span(&self, name: &str) -> Result<Option<(Date, Date)>, Error> {
        let rows = self.query(include_str!("../sql/days/span.sql"), &[&name]).await?;
        let row = rows.first().and_then(|row| row.get::<_, Option<i32>>(0).zip(row.get(1)));
        Ok(row.and_then(|(first, last)| day(first).zip(day(last))))
    }

    /// Returns the days from `from` to `to`, as far as they were asked for.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn range(&self, name: &str, from: Date, to: Date) -> Result<Series, Error> {
        let params: [&(dyn ToSql + Sync); 3] = [&name, &number(from), &number(to)];
        let rows = self.query(include_str!("../sql/days/range.sql"), &params).await?;
        let days: Vec<(Date, Option<i64>)> =
            rows.iter().filter_map(|row| Some((day(row.get(0))?, row.get(1)))).collect();
        let (Some((first, _)), Some((last, _))) = (days.first(), days.last()) else {
            return Ok(Series::new(from, Vec::new()));
        };
        let counts = days.iter().filter_map(|(day, count)| Some((*day, u64::try_from((*count)?).ok()?)));
        Ok(Series::from_counts(*first, *last, counts))
    }

    async fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query(&statement, params).await?)
    }
}

/// Days that PostgreSQL cannot count become some that nobody has stored.
fn number(day: Date) -> i32 {
    (day.to_julian_day() - FIRST).clamp(0, 1_000_000)
}

fn day(number: i32) -> Option<Date> {
    Date::from_julian_day(FIRST).ok()?.checked_add(Duration::days(i64::from(number)))
}
