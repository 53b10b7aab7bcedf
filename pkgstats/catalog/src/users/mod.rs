//! Accounts, and what they star and watch.

mod account;
mod star;
mod watch;

pub use account::{Account, NewAccount};
pub use star::Star;

use deadpool_postgres::Pool;

use crate::error::Error;

type Result<T> = std::result::Result<T, Error>;

/// The users' rows. Clones share one pool.
#[derive(Clone)]
pub struct Users {
    pool: Pool,
}

impl Users {
    /// Returns the users in the database of this pool. Does not connect.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }
}
