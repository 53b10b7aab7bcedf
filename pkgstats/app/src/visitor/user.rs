//! The user of a visitor who has signed in.

use serde::{Deserialize, Serialize};

/// The account that is signed in. The store finds sessions by `user.id`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) name: String,
}
