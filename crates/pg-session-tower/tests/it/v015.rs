use tower_sessions as api;

#[path = "manager.rs"]
mod manager;
#[path = "session_store.rs"]
mod session_store;
#[path = "update.rs"]
mod update;
