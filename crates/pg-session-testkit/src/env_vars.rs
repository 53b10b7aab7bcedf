//! The names of the environment variables that this crate reads.

/// The environment variable with the address of the server that a test run shares.
pub const SHARED_SERVER: &str = "PG_SESSION_TEST_SERVER";

/// The environment variable with the folder of PostgreSQL's programs.
pub(crate) const PG_BIN: &str = "PG_SESSION_PG_BIN";
