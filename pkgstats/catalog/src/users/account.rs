//! Local accounts.

use std::time::SystemTime;

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
}

/// An account in the list of all, without its password.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccountSummary {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// When it was created.
    pub created: SystemTime,
    /// How many packages it has starred.
    pub stars: i64,
    /// How many packages it watches.
    pub watches: i64,
}

impl Users {
    /// Returns all accounts, in the order of the names.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn accounts(&self) -> Result<Vec<AccountSummary>> {
        let rows = self.query(include_str!("../../sql/users/accounts.sql"), &[]).await?;
        let summary = |row: &tokio_postgres::Row| AccountSummary {
            id: row.get(0),
            name: row.get(1),
            created: row.get(2),
            stars: row.get(3),
            watches: row.get(4),
        };
        Ok(rows.iter().map(summary).collect())
    }

    /// Replaces the hash of a password. Returns the account's number, or `None` if there is no account of this name.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn set_password(&self, name: &str, password: &str) -> Result<Option<i64>> {
        let rows = self.query(include_str!("../../sql/users/set_password.sql"), &[&name, &password]).await?;
        Ok(rows.first().map(|row| row.get(0)))
    }

    /// Deletes an account with its stars and watches. Returns its number, or `None` if there is no account of this name.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn delete_account(&self, name: &str) -> Result<Option<i64>> {
        let rows = self.query(include_str!("../../sql/users/delete_account.sql"), &[&name]).await?;
        Ok(rows.first().map(|row| row.get(0)))
    }

    /// Creates an account with this name, in lower case, and this hash of its password, in PHC format. Returns its number, or
    /// `None` if the name is taken.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn create_account(&self, name: &str, password: &str) -> Result<Option<i64>> {
        let rows = self.query(include_str!("../../sql/users/create_account.sql"), &[&name, &password]).await?;
        Ok(rows.first().map(|row| row.get(0)))
    }

    /// Returns the account with this name, in lower case.
    ///
    /// # Errors
    /// PostgreSQL cannot be reached, or refuses.
    pub async fn account(&self, name: &str) -> Result<Option<Account>> {
        let rows = self.query(include_str!("../../sql/users/account_by_name.sql"), &[&name]).await?;
        Ok(rows.first().map(|row| Account { id: row.get(0), name: row.get(1), password: row.get(2) }))
    }
}
