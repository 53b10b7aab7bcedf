//! The Koa app keeps the contract of all our apps.

use pg_session_testkit::suite::App;

const APP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/koa/app.js");

pg_session_testkit::contract!(App { run: &["node", APP], cookie: "koa.sid" });
