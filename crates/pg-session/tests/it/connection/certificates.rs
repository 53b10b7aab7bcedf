//! Certificates of every kind: where nothing is verified, nothing in them can fail.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use pg_session::{ErrorKind, PgStore};
use pg_session_testkit::{Folder, Server};
use tokio_postgres::NoTls;

use super::{assert_error, failure, observe};
use crate::sessions_of::capture_log;

/// Name, arguments for the key (see `openssl genpkey`), and arguments for the certificate (see `openssl x509 -req`).
const CERTIFICATES: [(&str, &str, &str); 16] = [
    ("version-1", "RSA", "-CA ca.crt -CAkey ca.key -days 9"),
    ("version-1-self-signed", "RSA", "-signkey version-1-self-signed.key -days 9"),
    ("version-1-ec", "EC -pkeyopt ec_paramgen_curve:P-256", "-CA ca.crt -CAkey ca.key -days 9"),
    ("expired", "RSA", "-CA ca.crt -CAkey ca.key -days -1 -extfile plain.cnf"),
    ("wrong-name", "RSA", "-CA ca.crt -CAkey ca.key -days 9 -extfile name.cnf"),
    ("address", "RSA", "-CA ca.crt -CAkey ca.key -days 9 -extfile address.cnf"),
    ("md5", "RSA", "-CA ca.crt -CAkey ca.key -days 9 -md5"),
    ("sha1", "RSA", "-CA ca.crt -CAkey ca.key -days 9 -sha1 -extfile plain.cnf"),
    ("rsa-1024", "RSA -pkeyopt rsa_keygen_bits:1024", "-CA ca.crt -CAkey ca.key -days 9 -extfile plain.cnf"),
    ("rsa-pss", "RSA-PSS", "-CA ca.crt -CAkey ca.key -days 9 -extfile plain.cnf"),
    ("p-521", "EC -pkeyopt ec_paramgen_curve:P-521", "-CA ca.crt -CAkey ca.key -days 9 -extfile plain.cnf"),
    ("ed25519", "ED25519", "-CA ca.crt -CAkey ca.key -days 9 -extfile plain.cnf"),
    ("ed448", "ED448", "-CA ca.crt -CAkey ca.key -days 9 -extfile plain.cnf"),
    ("unknown-critical", "RSA", "-CA ca.crt -CAkey ca.key -days 9 -extfile critical.cnf"),
    ("serial-0", "RSA", "-CA ca.crt -CAkey ca.key -days 9 -set_serial 0 -extfile plain.cnf"),
    ("ca-as-server", "RSA", "-signkey ca-as-server.key -days 9 -extfile ca.cnf"),
];

const EXTENSIONS: [(&str, &str); 5] = [
    ("plain.cnf", "subjectAltName=DNS:localhost"),
    ("name.cnf", "subjectAltName=DNS:elsewhere.example.org"),
    ("address.cnf", "subjectAltName=IP:192.0.2.1"),
    ("critical.cnf", "1.2.3.4=critical,DER:0500"),
    ("ca.cnf", "basicConstraints=critical,CA:TRUE"),
];

/// Allows the certificates that OpenSSL considers too weak.
const OPENSSL_CONF: &str =
    "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nCipherString = ALL:@SECLEVEL=0\n";

struct Certificates {
    server: Server,
    folder: Folder,
}

impl Certificates {
    fn start() -> Self {
        let folder = Folder::new().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for (file, text) in EXTENSIONS.into_iter().chain([("openssl.cnf", OPENSSL_CONF)]) {
            fs::write(folder.path().join(file), text).unwrap();
        }
        let conf = folder.path().join("openssl.cnf");
        let server = Server::builder().env("OPENSSL_CONF", conf.to_str().unwrap()).start().unwrap();
        let this = Self { server, folder };
        this.openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -subj /CN=ca -days 9");
        this
    }

    /// Runs openssl in the folder, and returns its output.
    fn openssl(&self, arguments: &str) -> String {
        let output =
            Command::new("openssl").args(arguments.split(' ')).current_dir(self.folder.path()).output().unwrap();
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments}: {log}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes the server use this certificate, and waits until it does.
    async fn present(&self, name: &str, key: &str, certificate: &str) {
        self.openssl(&format!("genpkey -algorithm {key} -out {name}.key"));
        self.openssl(&format!("req -new -key {name}.key -subj /CN={name} -out {name}.csr"));
        self.openssl(&format!("x509 -req -in {name}.csr -out {name}.crt {certificate}"));
        let (client, connection) = tokio_postgres::connect(&self.server.url("postgres"), NoTls).await.unwrap();
        tokio::spawn(connection);
        let mut sql = String::new();
        for (file, from) in [("server.crt", format!("{name}.crt")), ("server.key", format!("{name}.key"))] {
            let text = fs::read_to_string(self.file(&from)).unwrap();
            let lines = format!("SELECT unnest(string_to_array('{}', E'\\n'))", text.trim());
            writeln!(sql, "COPY ({lines}) TO PROGRAM 'umask 077; cat > {file}';").unwrap();
        }
        client.batch_execute(&sql).await.unwrap();
        client.batch_execute("ALTER SYSTEM SET ssl = on").await.unwrap();
        client.batch_execute("SELECT pg_reload_conf()").await.unwrap();
        for _ in 0..50 {
            let arguments =
                ["s_client", "-starttls", "postgres", "-connect", &format!("127.0.0.1:{}", self.server.port())];
            let mut probe = Command::new("openssl");
            let probe = probe.args(arguments).args(["-cipher", "ALL:@SECLEVEL=0"]).stdin(std::process::Stdio::null());
            if String::from_utf8_lossy(&probe.output().unwrap().stdout).contains(&format!("CN = {name}\n")) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("the server does not use the certificate {name}");
    }

    fn url(&self, options: &str) -> String {
        format!("{}?{options}", self.server.url("postgres").replace("127.0.0.1", "localhost"))
    }

    async fn is_encrypted(&self, options: &str, application: &str) -> Result<bool, pg_session::Error> {
        let url = self.url(&format!("{options}&application_name={application}"));
        observe(&self.server, &url, application, "ssl").await.map(|ssl| ssl == "true")
    }
}

#[tokio::test]
async fn nothing_in_a_certificate_fails_where_nothing_is_verified() {
    let certificates = Certificates::start();
    let mut failures = String::new();
    for (name, key, arguments) in CERTIFICATES {
        certificates.present(name, key, arguments).await;
        for (number, options) in [
            "sslmode=require",
            "sslmode=require&ssl_max_protocol_version=TLSv1.2",
            "sslmode=prefer",
            "sslmode=no-verify",
            "sslmode=no-verify&sslsni=0",
        ]
        .into_iter()
        .enumerate()
        {
            // rustls with *ring* has no curve and no scheme for these with TLS 1.2.
            if ["p-521", "rsa-pss", "ed448"].contains(&name) && options.contains("TLSv1.2") {
                continue;
            }
            match certificates.is_encrypted(options, &format!("{name}-{number}")).await {
                Ok(true) => {}
                outcome => writeln!(failures, "{name}, {options}: encrypted {outcome:?}").unwrap(),
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[tokio::test]
async fn advice_fits_what_is_wrong_with_a_certificate() {
    let certificates = Certificates::start();
    let ca = certificates.file("ca.crt").display().to_string();
    for (name, key, arguments, advice) in [
        ("expired", CERTIFICATES[3].1, CERTIFICATES[3].2, "has expired; renew it"),
        ("version-1", CERTIFICATES[0].1, CERTIFICATES[0].2, "issue one of X.509 version 3"),
        ("wrong-name", CERTIFICATES[4].1, CERTIFICATES[4].2, "is for another name"),
    ] {
        certificates.present(name, key, arguments).await;
        let url = certificates.url(&format!("sslmode=verify-full&sslrootcert={ca}"));
        assert_error(&failure(&url).await, ErrorKind::Configuration, &["localhost:", advice]);
        // The file verifies: it is what `require` promises with a root certificate. `no-verify` never does.
        let other = certificates.openssl("req -x509 -newkey rsa:2048 -nodes -keyout other.key -subj /CN=other -days 9");
        fs::write(certificates.file("other.crt"), other).unwrap();
        let other = certificates.file("other.crt").display().to_string();
        assert!(PgStore::new(certificates.url(&format!("sslmode=require&sslrootcert={other}"))).is_ok());
        let options = format!("sslmode=no-verify&sslrootcert={other}");
        assert!(certificates.is_encrypted(&options, &format!("no-verify-{name}")).await.unwrap());
        // It is better to be encrypted than to give up the encryption because of the certificate.
        let options = format!("sslmode=prefer&sslrootcert={other}");
        assert!(certificates.is_encrypted(&options, &format!("prefer-{name}")).await.unwrap());
    }
}

#[tokio::test]
async fn a_revoked_certificate_is_refused() {
    let certificates = Certificates::start();
    let conf = "[ca]\ndefault_ca = c\n[c]\ndatabase = index\ncrlnumber = number\ndefault_md = sha256\n";
    fs::write(certificates.file("crl.cnf"), conf).unwrap();
    fs::write(certificates.file("index"), "").unwrap();
    fs::write(certificates.file("number"), "01\n").unwrap();
    let list = |file: &str| {
        let ca = "-config crl.cnf -cert ca.crt -keyfile ca.key";
        certificates.openssl(&format!("ca {ca} -gencrl -crldays 9 -out {file}"));
    };
    list("empty.crl");
    certificates.present("revoked", "RSA", "-CA ca.crt -CAkey ca.key -days 9 -extfile plain.cnf").await;
    certificates.openssl("ca -config crl.cnf -cert ca.crt -keyfile ca.key -revoke revoked.crt");
    list("revoked.crl");

    let folder = certificates.folder.path().display();
    for mode in ["verify-ca", "verify-full"] {
        let options = format!("sslmode={mode}&sslrootcert={folder}/ca.crt");
        let list = format!("{options}&sslcrl={folder}/empty.crl");
        assert!(certificates.is_encrypted(&list, &format!("empty-{mode}")).await.unwrap());
        let url = certificates.url(&format!("{options}&sslcrl={folder}/revoked.crl"));
        assert_error(&failure(&url).await, ErrorKind::Configuration, &["has revoked"]);
    }
    let options = format!("sslmode=verify-ca&sslrootcert={folder}/ca.crt");
    for (list, part) in [("sslcrl={folder}/ca.crt", "`sslcrl`"), ("sslcrldir={folder}/none", "`sslcrldir`")] {
        let list = list.replace("{folder}", &folder.to_string());
        let error = PgStore::new(certificates.url(&format!("{options}&{list}"))).unwrap_err();
        assert_error(&error, ErrorKind::Configuration, &[part]);
    }
}

/// SCRAM includes the hash of the certificate, which proves nothing if anyone may show it.
#[tokio::test]
async fn channel_binding_requires_that_the_server_owns_its_certificate() {
    let certificates = Certificates::start();
    let (name, key, arguments) = CERTIFICATES[0];
    certificates.present(name, key, arguments).await;
    for options in ["sslmode=require", "sslmode=no-verify&ssl_max_protocol_version=TLSv1.2"] {
        let options = format!("{options}&channel_binding=require");
        assert!(certificates.is_encrypted(&options, "bound").await.unwrap(), "{options}");
    }
    let (name, key, arguments) = CERTIFICATES[8];
    certificates.present(name, key, arguments).await;
    let error = failure(&certificates.url("sslmode=require&channel_binding=require")).await;
    assert_error(&error, ErrorKind::Configuration, &["localhost:", "key of 2048 bits"]);
}

#[tokio::test]
async fn a_connection_without_tls_is_announced_if_tls_was_offered() {
    let certificates = Certificates::start();
    let (name, key, arguments) = CERTIFICATES[0];
    certificates.present(name, key, arguments).await;
    let (client, connection) = tokio_postgres::connect(&certificates.server.url("postgres"), NoTls).await.unwrap();
    tokio::spawn(connection);
    for (name, version) in [("min", "TLSv1"), ("max", "TLSv1.1")] {
        let sql = format!("ALTER SYSTEM SET ssl_{name}_protocol_version = '{version}'");
        client.batch_execute(&sql).await.unwrap();
    }
    client.batch_execute("SELECT pg_reload_conf(), pg_sleep(1)").await.unwrap();

    let (log, _guard) = capture_log();
    // As psql, which supports the same versions.
    assert!(!certificates.is_encrypted("sslmode=prefer", "announced").await.unwrap());
    let log = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    assert_eq!(log.matches("connected without TLS").count(), 1, "{log}");
    let error = failure(&certificates.url("sslmode=require")).await;
    assert_error(&error, ErrorKind::Configuration, &["localhost:", "ssl_max_protocol_version"]);
}

#[tokio::test]
async fn the_range_of_tls_versions_is_used() {
    let certificates = Certificates::start();
    let (name, key, arguments) = CERTIFICATES[11];
    certificates.present(name, key, arguments).await;
    for (number, (options, version)) in [
        ("ssl_min_protocol_version=TLSv1.3", "TLSv1.3"),
        ("ssl_max_protocol_version=TLSv1.2", "TLSv1.2"),
        ("ssl_min_protocol_version=TLSv1&ssl_max_protocol_version=TLSv1.3", "TLSv1.3"),
    ]
    .into_iter()
    .enumerate()
    {
        let application = format!("version-{number}");
        let url = certificates.url(&format!("sslmode=require&{options}&application_name={application}"));
        assert_eq!(observe(&certificates.server, &url, &application, "version").await.unwrap(), version);
    }
}
