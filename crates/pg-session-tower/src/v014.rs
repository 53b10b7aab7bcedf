//! For tower-sessions 0.14.

use tower_sessions_core_014 as api;

#[path = "session_store.rs"]
#[expect(clippy::duplicate_mod, reason = "the traits of both versions are alike, and so is what implements them")]
mod session_store;
