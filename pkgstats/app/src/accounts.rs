//! What the operator does with accounts.

use pkgstats_catalog::users::AccountSummary;

use crate::app::App;
use crate::{credentials, password};

/// An account cannot be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// The name or the password is against the rules.
    #[error("{0}")]
    Invalid(&'static str),
    /// There is an account of this name.
    #[error("there is an account of this name already")]
    Taken,
    /// There is no account of this name.
    #[error("there is no account of this name; `pkgstats account list` shows them")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Catalog(#[from] pkgstats_catalog::Error),
    /// The sessions could not be ended.
    #[error("the sessions could not be ended: {0}; run the command again")]
    Sessions(#[from] pg_session_tower::pg_session::Error),
    /// The password could not be hashed.
    #[error("the password cannot be hashed")]
    Password,
}

impl App {
    /// Returns all accounts, in the order of the names.
    ///
    /// # Errors
    /// The database failed.
    pub async fn accounts(&self) -> Result<Vec<AccountSummary>, AccountError> {
        Ok(self.users.accounts().await?)
    }

    /// Adds an account.
    ///
    /// # Errors
    /// The name or the password is invalid, the name is taken, or the database failed.
    pub async fn add_account(&self, name: &str, password: String) -> Result<(), AccountError> {
        let name = credentials::folded(name);
        let hash = hashed(&name, password).await?;
        self.users.create_account(&name, &hash).await?.map(drop).ok_or(AccountError::Taken)
    }

    /// Sets the password of an account, and ends its sessions. Returns how many.
    ///
    /// # Errors
    /// The password is invalid, there is no such account, or the database failed.
    pub async fn set_password(&self, name: &str, password: String) -> Result<u64, AccountError> {
        let name = credentials::folded(name);
        let hash = hashed(&name, password).await?;
        let account = self.users.set_password(&name, &hash).await?.ok_or(AccountError::NotFound)?;
        self.end_sessions(account).await
    }

    /// Deletes an account with its stars and watches, and ends its sessions. Returns how many.
    ///
    /// # Errors
    /// There is no such account, or the database failed.
    pub async fn delete_account(&self, name: &str) -> Result<u64, AccountError> {
        let account = self.users.delete_account(&credentials::folded(name)).await?.ok_or(AccountError::NotFound)?;
        self.end_sessions(account).await
    }

    async fn end_sessions(&self, account: i64) -> Result<u64, AccountError> {
        Ok(self.sessions.destroy_sessions_of(&account.to_string(), None).await?)
    }
}

async fn hashed(name: &str, password: String) -> Result<String, AccountError> {
    match credentials::problem(name, &password) {
        Some(problem) => Err(AccountError::Invalid(problem)),
        None => password::hash(password).await.map_err(|_| AccountError::Password),
    }
}
