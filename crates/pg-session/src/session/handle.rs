//! The public name of a session.

use sha2::{Digest, Sha256};

/// Keeps a handle apart from other hashes of the same id.
const PREFIX: &str = "pg-session handle ";

/// The bytes of the hash that a handle has: nobody finds two ids with one handle, or an id for a handle.
const BYTES: usize = 16;

/// Returns the handle of the session with this id; see [`Session::handle`](super::Session::handle).
pub(super) fn handle(id: &str) -> String {
    let hash = Sha256::new().chain_update(PREFIX).chain_update(id).finalize();
    hash.iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect()
}
