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
        let rows = self.query(include_str!("../../sql/users/stars.sql"), &[&account]).await?;
        Ok(rows.iter().map(|row| Star { name: row.get(0), since: row.get(1) }).collect())
    }

    /// Returns what any account has starred, in the order of the names.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn starred_names(&self) -> Result<Vec<String>> {
        let rows = self.query(include_str!("../../sql/users/starred_names.sql"), &[]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Returns whether an account has starred a package.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn has_starred(&self, account: i64, name: &str) -> Result<bool> {
        Ok(!self.query(include_str!("../../sql/users/has_starred.sql"), &[&account, &name]).await?.is_empty())
    }

    /// Stars packages. Those that are starred stay so since then.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn add_stars(&self, account: i64, stars: &[Star]) -> Result<()> {
        let names: Vec<_> = stars.iter().map(|star| star.name.as_str()).collect();
        let since: Vec<_> = stars.iter().map(|star| star.since).collect();
        self.query(include_str!("../../sql/users/add_stars.sql"), &[&account, &names, &since]).await.map(drop)
    }

    /// Takes a star back.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn remove_star(&self, account: i64, name: &str) -> Result<()> {
        self.query(include_str!("../../sql/users/remove_star.sql"), &[&account, &name]).await.map(drop)
    }
}
