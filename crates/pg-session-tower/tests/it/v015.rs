use tower_sessions as api;

#[path = "caching.rs"]
mod caching;
#[path = "manager.rs"]
mod manager;
#[path = "outside.rs"]
mod outside;
#[path = "scope.rs"]
mod scope;
#[path = "session_store.rs"]
mod session_store;
