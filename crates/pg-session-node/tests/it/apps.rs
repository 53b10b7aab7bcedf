//! Runs the HTTP suite against every example app for Node.

macro_rules! apps {
    ($($name:ident: $folder:literal, $cookie:literal;)+) => {$(
        mod $name {
            use pg_session_testkit::suite::App;

            const APP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/", $folder, "/app.js");

            pg_session_testkit::contract!(App { run: &["node", APP], cookie: $cookie });
        }
    )+};
}

apps! {
    express: "express", "connect.sid";
    fastify: "fastify", "sessionId";
    koa: "koa", "koa.sid";
    koa1: "koa1", "koa.sid";
    koa_session: "koa-session", "koa.sess";
}
