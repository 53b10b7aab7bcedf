//! Implements the traits of tower-sessions 0.14.

use tower_sessions_core_014 as api;

#[path = "session_store.rs"]
#[expect(clippy::duplicate_mod, reason = "the traits of both versions are equal, and so are the implementations")]
mod session_store;
