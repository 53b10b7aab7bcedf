//! Local accounts.

use super::handle::{Result, Users};

/// An account that may sign in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Account {
    /// Its number, which sessions hold.
    pub id: i64,
    /// Its name, in lower case.
    pub name: String,
    /// The hash of its password, in PHC format.
    pub password: String,
    /// The secret part of the address of its private feed.
    pub feed: String,
}

/// An account to create.
#[derive(Clone, Copy, Debug)]
pub struct NewAccount<'a> {
    /// Its name, in lower case.
    pub name: &'a str,
    /// The hash of its password, in PHC format.
    pub password: &'a str,
    /// The secret part of the address of its private feed.
    pub feed: &'a str,
}

impl Users {
    /// Creates an account. Returns its number, or `None` if the name is taken.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn create_account(&self, new: NewAccount<'_>) -> Result<Option<i64>> {
        let sql = "INSERT INTO pkgstats.account (name, password, feed) VALUES ($1, $2, $3) \
                   ON CONFLICT (name) DO NOTHING RETURNING id";
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(sql).await?;
        let row = client.query_opt(&statement, &[&new.name, &new.password, &new.feed]).await?;
        Ok(row.map(|row| row.get(0)))
    }

    /// Returns the account with this name, in lower case.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn account(&self, name: &str) -> Result<Option<Account>> {
        self.find_account("name = $1", name).await
    }

    /// Returns the account whose private feed has this secret.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn account_of_feed(&self, feed: &str) -> Result<Option<Account>> {
        self.find_account("feed = $1", feed).await
    }

    async fn find_account(&self, condition: &'static str, value: &str) -> Result<Option<Account>> {
        let client = self.pool.get().await?;
        let sql = format!("SELECT id, name, password, feed FROM pkgstats.account WHERE {condition}");
        let statement = client.prepare_cached(&sql).await?;
        let row = client.query_opt(&statement, &[&value]).await?;
        Ok(row.map(|row| Account { id: row.get(0), name: row.get(1), password: row.get(2), feed: row.get(3) }))
    }
}
