//! The actix app keeps the contract of all our apps.

use pg_session_testkit::suite::App;

pg_session_testkit::contract!(App { run: &[env!("CARGO_BIN_EXE_example-actix")], cookie: "id" });
