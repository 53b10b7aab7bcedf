//! `ssl` in the connection's object, against a server that takes encrypted connections alone.

use pg_session_testkit::Server;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_postgres::NoTls;

use crate::node;

/// A server whose certificate, for the name localhost, is its own authority; and that certificate.
async fn tls_server() -> (Server, String) {
    let server = Server::builder().hba("hostnossl all all all reject").start().unwrap();
    let (client, connection) = tokio_postgres::connect(&server.socket_url("postgres"), NoTls).await.unwrap();
    tokio::spawn(connection);
    let (certificate, key) = certified();
    for (file, text) in [("server.crt", &certificate), ("server.key", &key)] {
        // Written by the server itself, for the key has to be its own.
        let lines = format!("SELECT unnest(string_to_array('{text}', E'\\n'))");
        let copy = format!("COPY ({lines}) TO PROGRAM 'umask 077; cat > {file}'");
        client.batch_execute(&copy).await.unwrap();
    }
    client.batch_execute("ALTER SYSTEM SET ssl = on").await.unwrap();
    client.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    (server, certificate)
}

fn certified() -> (String, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    (cert.pem(), signing_key.serialize_pem())
}

/// What becomes of a setup with this `ssl`, in JavaScript, where `ca` is the certificate given.
fn setup(server: &Server, ssl: &str, ca: &str) -> String {
    let program = format!(
        "const {{ PORT: port, PASSWORD: password, CA: ca }} = process.env;
        const where = {{ host: 'localhost', port, user: 'postgres', password, database: 'postgres' }};
        const store = new (require('pg-session'))({{ ...where, ssl: {ssl} }}, {{ timeout: 2000 }});
        store.setup().then(() => console.log('done'), (error) => console.log(error.code, error.message));"
    );
    node(&program, &[("PORT", &server.port().to_string()), ("PASSWORD", server.password()), ("CA", ca)])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_verified_against_the_authority_that_is_named() {
    let (server, certificate) = tls_server().await;
    assert_eq!(setup(&server, "{ ca }", &certificate), "done");
    assert_eq!(setup(&server, "{ ca: [Buffer.from(ca)] }", &certificate), "done");
    assert_eq!(setup(&server, "{ rejectUnauthorized: false }", ""), "done");
    for (ssl, ca) in [("{ ca }", certified().0), ("true", String::new())] {
        let told = setup(&server, ssl, &ca);
        assert!(told.starts_with("PG_SESSION_") && told.contains("certificate"), "{ssl}: {told}");
    }
    assert!(setup(&server, "false", "").starts_with("PG_SESSION_CONFIGURATION"), "a plain connection is refused");
}
