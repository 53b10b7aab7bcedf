//! The packages whose new versions accounts want to hear of.

use std::time::SystemTime;

use super::handle::{Result, Users};

impl Users {
    /// Returns what an account watches, in the order of the names.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn watched(&self, account: i64) -> Result<Vec<String>> {
        let client = self.pool.get().await?;
        let sql = "SELECT name FROM pkgstats.watch WHERE account = $1 ORDER BY name";
        let rows = client.query(&client.prepare_cached(sql).await?, &[&account]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Returns all packages that anybody watches, in the order of the names.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn watched_by_anybody(&self) -> Result<Vec<String>> {
        let client = self.pool.get().await?;
        let sql = "SELECT DISTINCT name FROM pkgstats.watch ORDER BY name";
        let rows = client.query(&client.prepare_cached(sql).await?, &[]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Watches a package, or no longer does.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn watch(&self, account: i64, name: &str, is_watched: bool) -> Result<()> {
        let client = self.pool.get().await?;
        let sql = if is_watched {
            "INSERT INTO pkgstats.watch (account, name) VALUES ($1, $2) ON CONFLICT DO NOTHING"
        } else {
            "DELETE FROM pkgstats.watch WHERE account = $1 AND name = $2"
        };
        client.execute(&client.prepare_cached(sql).await?, &[&account, &name]).await?;
        Ok(())
    }

    /// Records that an account looks at its watch list. Returns when it did so before.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn visit(&self, account: i64) -> Result<Option<SystemTime>> {
        let client = self.pool.get().await?;
        let sql = "UPDATE pkgstats.account SET visited = now() FROM pkgstats.account AS before \
                   WHERE account.id = $1 AND before.id = account.id RETURNING before.visited";
        let row = client.query_opt(&client.prepare_cached(sql).await?, &[&account]).await?;
        Ok(row.map(|row| row.get(0)))
    }
}
