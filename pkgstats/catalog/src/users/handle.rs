//! The users of one database.

use deadpool_postgres::Pool;

use crate::error::Error;

pub(super) type Result<T> = std::result::Result<T, Error>;

/// The users' rows. Clones share one pool.
#[derive(Clone)]
pub struct Users {
    pub(super) pool: Pool,
}

impl Users {
    /// Returns the users in the database of this pool. Does not connect.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }
}
