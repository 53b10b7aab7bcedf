//! Implements the traits of tower-sessions 0.15.

use tower_sessions_core as api;

#[path = "session_store.rs"]
mod session_store;
