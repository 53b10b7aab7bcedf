//! The key `ssl` of a connection object, against a server that accepts only encrypted connections.

use pg_session_testkit::Server;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_postgres::NoTls;

use crate::node;

/// Starts a server with a self-signed certificate for localhost. Returns both.
async fn tls_server() -> (Server, String) {
    let server = Server::builder().hba("hostnossl all all all reject").start().unwrap();
    let (client, connection) = tokio_postgres::connect(&server.socket_url("postgres"), NoTls).await.unwrap();
    tokio::spawn(connection);
    let (certificate, key) = certified();
    for (file, text) in [("server.crt", &certificate), ("server.key", &key)] {
        // The server writes the files, because it must own the key.
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

/// Calls `setup` with this `ssl`, a JavaScript expression in which `ca` is the given certificate. Returns `done` or the error.
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
async fn the_certificate_is_verified_against_the_given_authority() {
    let (server, certificate) = tls_server().await;
    assert_eq!(setup(&server, "{ ca }", &certificate), "done");
    assert_eq!(setup(&server, "{ ca: [Buffer.from(ca)] }", &certificate), "done");
    let file = std::env::temp_dir().join(format!("pg-session-ca-{}.pem", std::process::id()));
    std::fs::write(&file, &certificate).unwrap();
    for ssl in [
        &format!("{{ ca: {:?} }}", file.to_str().unwrap()),
        "{ ca: [ca, Buffer.from(ca)], minVersion: 'TLSv1.2' }",
        "{ ca: new Uint8Array(Buffer.from(`the CA of the server\\n${ca}\\n`)), require: true }",
        "{ ca: ca.replaceAll('\\n', String.raw`\\n`), cert: '', key: undefined, maxVersion: 'TLSv1.3' }",
        "{ sslmode: 'verify-full', ca }",
        "{ sslmode: 'verify-ca', ca }, host: '127.0.0.1'",
        "{ ca, servername: 'localhost' }, host: '127.0.0.1'",
        "{ ca, servername: 'localhost' }",
    ] {
        assert_eq!(setup(&server, ssl, &certificate), "done", "{ssl}");
    }
    std::fs::remove_file(&file).unwrap();
    let foreign = certified().0;
    for ssl in [
        "{ rejectUnauthorized: false }",
        "{ rejectUnauthorized: false, ca }",
        "{ require: true, rejectUnauthorized: false }, host: '127.0.0.1'",
        "{ sslmode: 'no-verify' }",
        "'no-verify'",
        "'require'",
        "'prefer'",
    ] {
        assert_eq!(setup(&server, ssl, &foreign), "done", "{ssl}");
    }
    for (ssl, ca) in [
        ("{ ca }", foreign),
        ("true", String::new()),
        ("'verify-full', sslrootcert: 'system'", String::new()),
        ("{ ca }, host: '127.0.0.1'", certificate.clone()),
        ("{ ca, servername: 'elsewhere' }, host: '127.0.0.1'", certificate.clone()),
    ] {
        let outcome = setup(&server, ssl, &ca);
        assert!(outcome.starts_with("PG_SESSION_") && outcome.contains("certificate"), "{ssl}: {outcome}");
    }
    assert!(setup(&server, "false", "").starts_with("PG_SESSION_CONFIGURATION"), "a plain connection is refused");
}
