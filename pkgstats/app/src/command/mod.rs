//! The commands that have a file of their own.

pub(crate) mod account;
pub(crate) mod create_database;
pub(crate) mod sync;
