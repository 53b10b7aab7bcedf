//! The contract of every operation, tested on a real PostgreSQL.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that meets what it does not expect should fail")]

mod adopting;
mod all;
mod altered;
mod budget;
mod client_errors;
mod close;
mod connection;
mod create;
mod destroy;
mod exact;
mod get;
mod hostile;
mod input;
mod lanes;
mod large_merges;
mod layouts;
mod max_age;
mod misbehaving;
mod outage;
mod owner;
mod pooler;
mod renew;
mod request;
mod resending;
mod rolled_back;
mod rotate;
mod server_settings;
mod sessions_of;
mod set;
mod setup;
mod sweep;
mod take;
mod touch;
mod update;
mod via;
mod wait_for_database;
mod zones;
