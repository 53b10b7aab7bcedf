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
}

impl Users {
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
