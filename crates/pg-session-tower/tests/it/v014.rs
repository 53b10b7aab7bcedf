use tower_sessions_014 as api;

#[path = "caching.rs"]
#[expect(clippy::duplicate_mod, reason = "both versions pass the same tests")]
mod caching;
#[path = "manager.rs"]
#[expect(clippy::duplicate_mod, reason = "both versions pass the same tests")]
mod manager;
#[path = "outside.rs"]
#[expect(clippy::duplicate_mod, reason = "both versions pass the same tests")]
mod outside;
#[path = "scope.rs"]
#[expect(clippy::duplicate_mod, reason = "both versions pass the same tests")]
mod scope;
#[path = "session_store.rs"]
#[expect(clippy::duplicate_mod, reason = "both versions pass the same tests")]
mod session_store;
