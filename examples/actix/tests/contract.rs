//! The actix app passes the HTTP suite of all example apps.

use pg_session_testkit::suite::App;

pg_session_testkit::contract!(App { run: &[env!("CARGO_BIN_EXE_example-actix")], cookie: "id" });
