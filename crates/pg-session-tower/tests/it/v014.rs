use tower_sessions_014 as api;

#[path = "manager.rs"]
#[expect(clippy::duplicate_mod, reason = "both versions pass the same tests")]
mod manager;
#[path = "session_store.rs"]
#[expect(clippy::duplicate_mod, reason = "both versions pass the same tests")]
mod session_store;
#[path = "update.rs"]
#[expect(clippy::duplicate_mod, reason = "both versions pass the same tests")]
mod update;
