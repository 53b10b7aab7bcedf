//! What is new of the packages that an account watches.

use std::time::SystemTime;

use super::handle::{Result, Users};

/// A version that has appeared since an account watches its package.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct News {
    /// The package.
    pub name: String,
    /// The version.
    pub version: String,
    /// When it was published, if the registry says so.
    pub published: Option<SystemTime>,
    /// When it was first read.
    pub appeared: SystemTime,
}

impl Users {
    /// Records that an account looks at what it watches. Returns since when things are new to it: since its last visit, or since
    /// the account was created. A visit ends half an hour after the last look.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn look(&self, account: i64) -> Result<Option<SystemTime>> {
        let rows = self.query(include_str!("../../sql/users/look.sql"), &[&account]).await?;
        Ok(rows.first().map(|row| row.get(0)))
    }

    /// Returns the versions that have appeared since this time, and since the account watches their packages: the latest 100.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn news(&self, account: i64, since: Option<SystemTime>) -> Result<Vec<News>> {
        let rows = self.query(include_str!("../../sql/users/news.sql"), &[&account, &since]).await?;
        let news = rows.iter().map(|row| News {
            name: row.get(0),
            version: row.get(1),
            published: row.get(2),
            appeared: row.get(3),
        });
        Ok(news.collect())
    }

    /// Returns the secret in the address of an account's feed, if it has one.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn feed_secret(&self, account: i64) -> Result<Option<String>> {
        let rows = self.query(include_str!("../../sql/users/feed_secret.sql"), &[&account]).await?;
        Ok(rows.first().map(|row| row.get(0)))
    }

    /// Gives an account a feed, or its feed another secret.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn renew_feed(&self, account: i64) -> Result<()> {
        self.query(include_str!("../../sql/users/renew_feed.sql"), &[&account]).await.map(drop)
    }

    /// Returns the account whose feed has this secret.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn account_of_feed(&self, secret: &str) -> Result<Option<i64>> {
        let rows = self.query(include_str!("../../sql/users/account_of_feed.sql"), &[&secret]).await?;
        Ok(rows.first().map(|row| row.get(0)))
    }
}
