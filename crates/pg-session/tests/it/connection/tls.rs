//! Every sslmode against servers with and without TLS, with the wrong authority or the wrong name.

use std::fs;
use std::path::{Path, PathBuf};

use pg_session::{Error, ErrorKind, PgStore};
use pg_session_testkit::{Address, Folder, Server};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::sync::OnceCell;
use tokio_postgres::NoTls;

use super::{assert_error, failure, observe};

/// A server with a certificate for localhost, and the files of its clients.
pub(crate) struct TlsServer {
    server: Server,
    folder: Folder,
}

/// The rules in pg_hba.conf for the roles of these tests.
const RULES: [&str; 4] = [
    "hostnossl all only_tls all reject",
    "hostssl all only_plain all reject",
    "hostssl all only_certified all cert",
    "host all nobody all reject",
];
/// The password of these roles.
const PASSWORD: &str = "hunter2";

impl TlsServer {
    async fn shared() -> &'static Self {
        static SHARED: OnceCell<TlsServer> = OnceCell::const_new();
        SHARED.get_or_init(Self::start).await
    }

    async fn start() -> Self {
        let folder = Folder::new().unwrap();
        let (trusted, other) = (authority("trusted"), authority("other"));
        fs::write(folder.path().join("ca.pem"), trusted.as_ref().pem()).unwrap();
        fs::write(folder.path().join("other-ca.pem"), other.as_ref().pem()).unwrap();
        for (file, issuer) in [("client", &trusted), ("other-client", &other)] {
            let (certificate, key) = issue(issuer, "only_certified");
            fs::write(folder.path().join(format!("{file}.pem")), certificate).unwrap();
            fs::write(folder.path().join(format!("{file}.key")), key).unwrap();
        }

        let rules = RULES.into_iter().fold(Server::builder(), |builder, rule| builder.hba(rule));
        let mut server = rules.start().unwrap();
        let (client, connection) = tokio_postgres::connect(&server.url("postgres"), NoTls).await.unwrap();
        tokio::spawn(connection);
        let (certificate, key) = issue(&trusted, "localhost");
        for (file, text) in [("server.crt", certificate), ("server.key", key), ("ca.crt", trusted.as_ref().pem())] {
            // The server writes the files itself, because the key must belong to its user.
            let lines = format!("SELECT unnest(string_to_array('{text}', E'\\n'))");
            let copy = format!("COPY ({lines}) TO PROGRAM 'umask 077; cat > {file}'");
            client.batch_execute(&copy).await.unwrap();
        }
        for role in ["only_tls", "only_plain", "only_certified"] {
            let create = format!("CREATE ROLE {role} SUPERUSER LOGIN PASSWORD '{PASSWORD}'");
            client.batch_execute(&create).await.unwrap();
        }
        client.batch_execute("ALTER SYSTEM SET ssl = on").await.unwrap();
        client.batch_execute("ALTER SYSTEM SET ssl_ca_file = 'ca.crt'").await.unwrap();
        server.stop().unwrap();
        server.start_again().unwrap();
        Self { server, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns a URL for the superuser, with the folder of the client's files for each `{}` in the options.
    fn url_at(&self, host: &str, options: &str) -> String {
        let (user, password) = (self.server.user(), self.server.password());
        let options = options.replace("{}", self.folder.path().to_str().unwrap());
        format!("postgres://{user}:{password}@{host}:{}/postgres?{options}", self.server.port())
    }

    /// Starts a server of its own, outside a runtime.
    pub(crate) fn start_blocking() -> Self {
        tokio::runtime::Runtime::new().unwrap().block_on(Self::start())
    }

    pub(crate) fn url(&self, options: &str) -> String {
        self.url_at("localhost", options)
    }

    /// Connects as the superuser, independently of the code under test.
    pub(crate) async fn client(&self) -> tokio_postgres::Client {
        let (client, connection) = tokio_postgres::connect(&self.server.url("postgres"), NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    fn url_of(&self, role: &str, options: &str) -> String {
        let (user, password) = (self.server.user(), self.server.password());
        self.url(options).replace(&format!("{user}:{password}@"), &format!("{role}:{PASSWORD}@"))
    }

    async fn is_encrypted(&self, application: &str, url: &str) -> Result<bool, Error> {
        is_encrypted(&self.server, application, url).await
    }
}

async fn is_encrypted(server: &Address, application: &str, url: &str) -> Result<bool, Error> {
    observe(server, &format!("{url}&application_name={application}"), application, "ssl").await.map(|ssl| ssl == "true")
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Issues a certificate for `name`, and returns it and its key in PEM form.
fn issue(issuer: &CertifiedIssuer<'static, KeyPair>, name: &str) -> (String, String) {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    (params.signed_by(&key, issuer).unwrap().pem(), key.serialize_pem())
}

#[tokio::test]
async fn each_mode_works_with_a_server_with_tls() {
    let tls = TlsServer::shared().await;
    for (options, encrypted) in [
        ("sslmode=disable", false),
        ("sslmode=allow", false),
        ("", true),
        ("sslmode=prefer", true),
        ("sslmode=require", true),
        ("ssl=true", true),
        ("sslmode=require&sslrootcert={}/ca.pem", true),
        ("sslmode=verify-ca&sslrootcert={}/ca.pem", true),
        ("sslmode=verify-full&sslrootcert={}/ca.pem", true),
        ("sslmode=require&channel_binding=require", true),
    ] {
        let application =
            format!("tls-{options}").chars().filter(char::is_ascii_alphabetic).take(60).collect::<String>();
        assert_eq!(tls.is_encrypted(&application, &tls.url(options)).await.unwrap(), encrypted, "{options}");
    }
}

#[tokio::test]
async fn each_mode_works_with_a_server_without_tls() {
    let (tls, plain) = (TlsServer::shared().await, Server::shared());
    let url = |options: &str| {
        let options = options.replace("{}", tls.folder.path().to_str().unwrap());
        format!("{}?{options}", plain.url("postgres").replace("127.0.0.1", "localhost"))
    };
    for mode in ["disable", "allow", "prefer"] {
        let encrypted = is_encrypted(plain, &format!("plain-{mode}"), &url(&format!("sslmode={mode}"))).await;
        assert!(!encrypted.unwrap(), "{mode}");
    }
    for options in
        ["sslmode=require", "sslmode=verify-ca&sslrootcert={}/ca.pem", "sslmode=verify-full&sslrootcert={}/ca.pem"]
    {
        assert_error(&failure(&url(options)).await, ErrorKind::Configuration, &["localhost:", "does not support TLS"]);
    }
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused_if_there_are_roots() {
    let tls = TlsServer::shared().await;
    for mode in ["require", "verify-ca", "verify-full"] {
        let url = tls.url(&format!("sslmode={mode}&sslrootcert={{}}/other-ca.pem"));
        assert_error(&failure(&url).await, ErrorKind::Configuration, &["localhost:", "set sslrootcert"]);
    }
    // libpq would fall back to a plain connection because of the certificate.
    let url = tls.url("sslmode=prefer&sslrootcert={}/other-ca.pem");
    assert!(tls.is_encrypted("other-ca-prefer", &url).await.unwrap());
}

#[tokio::test]
async fn only_verify_full_refuses_a_certificate_for_another_name() {
    let tls = TlsServer::shared().await;
    for mode in ["require", "verify-ca"] {
        let url = tls.url_at("127.0.0.1", &format!("sslmode={mode}&sslrootcert={{}}/ca.pem"));
        assert!(tls.is_encrypted(&format!("name-{mode}"), &url).await.unwrap(), "{mode}");
    }
    let url = tls.url_at("127.0.0.1", "sslmode=verify-full&sslrootcert={}/ca.pem");
    assert_error(&failure(&url).await, ErrorKind::Configuration, &["127.0.0.1:", "sslmode=verify-ca"]);

    // The name is verified, whatever hostaddr is.
    let url = tls.url("sslmode=verify-full&sslrootcert={}/ca.pem&hostaddr=127.0.0.1");
    assert!(tls.is_encrypted("name-hostaddr", &url).await.unwrap());
    let url = tls.url_at("example.org", "sslmode=verify-full&sslrootcert={}/ca.pem&hostaddr=127.0.0.1");
    assert_error(&failure(&url).await, ErrorKind::Configuration, &["example.org:", "sslmode=verify-ca"]);
}

#[tokio::test]
async fn allow_and_prefer_use_what_pg_hba_permits() {
    let tls = TlsServer::shared().await;
    for (role, mode, encrypted) in [
        ("only_tls", "allow", true),
        ("only_tls", "prefer", true),
        ("only_plain", "allow", false),
        ("only_plain", "prefer", false),
    ] {
        let url = tls.url_of(role, &format!("sslmode={mode}"));
        assert_eq!(tls.is_encrypted(&format!("{role}-{mode}"), &url).await.unwrap(), encrypted, "{role} {mode}");
    }
    // If both attempts are refused, the first error is reported.
    for (role, mode, part) in [
        ("only_tls", "disable", "no encryption"),
        ("only_plain", "require", "SSL encryption"),
        ("nobody", "allow", "no encryption"),
        ("nobody", "prefer", "SSL encryption"),
    ] {
        let error = failure(&tls.url_of(role, &format!("sslmode={mode}"))).await;
        assert_error(&error, ErrorKind::Configuration, &["localhost:", role, part, "pg_hba.conf"]);
    }
}

#[tokio::test]
async fn a_client_certificate_is_sent_and_must_be_trusted() {
    let tls = TlsServer::shared().await;
    let trusted = "sslmode=verify-full&sslrootcert={}/ca.pem&sslcert={}/client.pem&sslkey={}/client.key";
    assert!(tls.is_encrypted("client-certificate", &tls.url_of("only_certified", trusted)).await.unwrap());

    let error = failure(&tls.url_of("only_certified", "sslmode=require")).await;
    assert_error(&error, ErrorKind::Configuration, &["localhost:", "certificate"]);
    let other = "sslmode=require&sslcert={}/other-client.pem&sslkey={}/other-client.key";
    let error = failure(&tls.url_of("only_certified", other)).await;
    assert_error(&error, ErrorKind::Configuration, &["localhost:", "set sslcert and sslkey"]);
}

#[tokio::test]
async fn certificates_and_keys_may_be_pem_instead_of_files() {
    let tls = TlsServer::shared().await;
    let read = |file: &str| fs::read_to_string(tls.folder.path().join(file)).unwrap();
    let options = |ca| {
        let (certificate, key) = (read("client.pem"), read("client.key"));
        let pairs = [("sslrootcert", read(ca)), ("sslcert", certificate), ("sslkey", key)];
        pairs.map(|(name, pem)| format!("&{name}={}", pem.replace('+', "%2B").replace('\n', "%0A"))).concat()
    };
    let url = |ca| tls.url_of("only_certified", &format!("sslmode=verify-full{}", options(ca)));
    assert!(tls.is_encrypted("pem", &url("ca.pem")).await.unwrap());
    assert_error(&failure(&url("other-ca.pem")).await, ErrorKind::Configuration, &["set sslrootcert"]);
}

#[tokio::test]
async fn unusable_files_are_refused_when_the_store_is_built() {
    let tls = TlsServer::shared().await;
    fs::write(tls.file("no.pem"), "-----BEGIN hunter2\n").unwrap();
    for (options, part) in [
        ("sslrootcert={}/no.pem", "file of `sslrootcert` in the connection string: it is not a PEM file"),
        ("sslrootcert={}/client.key", "`sslrootcert`"),
        ("sslcert={}/client.pem&sslkey={}/no.pem", "file of `sslkey` in the connection string: it is not a PEM file"),
        ("sslcert={}/client.pem&sslkey={}/client.pem", "`sslkey`"),
        ("sslcert={}/client.pem&sslkey={}/other-client.key", "`sslkey`"),
        ("sslcert={}/client.key&sslkey={}/client.key", "`sslcert`"),
    ] {
        let error = PgStore::new(tls.url(options)).err().unwrap_or_else(|| panic!("{options} was accepted"));
        assert_error(&error, ErrorKind::Configuration, &[part]);
        // The text of a syntax error quotes the file, which may be a key.
        assert!(std::error::Error::source(&error).is_none(), "{error:?}");
    }
}

#[tokio::test]
async fn verification_needs_a_root_certificate() {
    let tls = TlsServer::shared().await;
    let default = std::env::home_dir().unwrap().join(".postgresql/root.crt");
    for mode in ["verify-ca", "verify-full"] {
        match PgStore::new(tls.url(&format!("sslmode={mode}"))) {
            Ok(_) => assert!(default.exists()),
            Err(error) => assert_error(&error, ErrorKind::Configuration, &["set sslrootcert", "root.crt"]),
        }
    }
    // No system trusts this authority. A system without any authorities is an error when the store is built.
    let error = match PgStore::new(tls.url("sslrootcert=system")) {
        Ok(store) => store.setup().await.unwrap_err(),
        Err(error) => error,
    };
    assert_error(&error, ErrorKind::Configuration, &["sslrootcert"]);
}

#[tokio::test]
async fn renewed_files_take_effect_without_a_restart() {
    let tls = TlsServer::shared().await;
    let copy = |from: &str| fs::copy(tls.file(from), tls.file("renewed.pem")).unwrap();
    let renewed: &Path = &tls.file("renewed.pem");
    copy("other-ca.pem");
    let url = tls.url(&format!("sslmode=verify-full&sslrootcert={}", renewed.display()));
    let store = PgStore::new(url).unwrap();
    assert_error(&store.setup().await.unwrap_err(), ErrorKind::Configuration, &["set sslrootcert"]);
    copy("ca.pem");
    store.setup().await.unwrap();
    store.close().await;
}
