//! The packages whose new versions accounts want to hear of.

use super::handle::{Result, Users};

impl Users {
    /// Returns what an account watches, in the order of the names.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn watched(&self, account: i64) -> Result<Vec<String>> {
        let rows = self.query(include_str!("../../sql/users/watched.sql"), &[&account]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Returns whether an account watches a package.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn is_watched(&self, account: i64, name: &str) -> Result<bool> {
        Ok(!self.query(include_str!("../../sql/users/is_watched.sql"), &[&account, &name]).await?.is_empty())
    }

    /// Watches a package, or no longer does.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn watch(&self, account: i64, name: &str, is_watched: bool) -> Result<()> {
        let sql = if is_watched {
            include_str!("../../sql/users/watch.sql")
        } else {
            include_str!("../../sql/users/unwatch.sql")
        };
        self.query(sql, &[&account, &name]).await.map(drop)
    }
}
