//! The packages that accounts have starred.

use std::time::SystemTime;

use super::handle::{Result, Users};

/// A starred package.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Star {
    /// The package.
    pub name: String,
    /// When it was starred.
    pub since: SystemTime,
}

impl Users {
    /// Returns what an account has starred, the latest first.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn stars(&self, account: i64) -> Result<Vec<Star>> {
        let client = self.pool.get().await?;
        let sql = "SELECT name, since FROM pkgstats.star WHERE account = $1 ORDER BY since DESC, name";
        let rows = client.query(&client.prepare_cached(sql).await?, &[&account]).await?;
        Ok(rows.iter().map(|row| Star { name: row.get(0), since: row.get(1) }).collect())
    }

    /// Returns whether an account has starred a package.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn has_starred(&self, account: i64, name: &str) -> Result<bool> {
        let client = self.pool.get().await?;
        let sql = "SELECT FROM pkgstats.star WHERE account = $1 AND name = $2";
        Ok(client.query_opt(&client.prepare_cached(sql).await?, &[&account, &name]).await?.is_some())
    }

    /// Stars packages. Those that are starred stay so since then.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn add_stars(&self, account: i64, stars: &[Star]) -> Result<()> {
        let client = self.pool.get().await?;
        let names: Vec<_> = stars.iter().map(|star| star.name.as_str()).collect();
        let since: Vec<_> = stars.iter().map(|star| star.since).collect();
        let sql = "INSERT INTO pkgstats.star (account, name, since) \
                   SELECT $1, name, since FROM unnest($2::text[], $3::timestamptz[]) AS star (name, since) \
                   ON CONFLICT DO NOTHING";
        client.execute(&client.prepare_cached(sql).await?, &[&account, &names, &since]).await?;
        Ok(())
    }

    /// Takes a star back.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn remove_star(&self, account: i64, name: &str) -> Result<()> {
        let client = self.pool.get().await?;
        let sql = "DELETE FROM pkgstats.star WHERE account = $1 AND name = $2";
        client.execute(&client.prepare_cached(sql).await?, &[&account, &name]).await?;
        Ok(())
    }
}
