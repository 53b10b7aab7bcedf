//! TLS as libpq's `sslmode` has it, over rustls.
//!
//! See "SSL Support" in the [manual](https://www.postgresql.org/docs/current/libpq-ssl.html).

mod handshake;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::{SslMode as Way, SslNegotiation};

use super::params::{Given, misfit};
use crate::error::{Error, Result};
pub(super) use handshake::Connector;
use handshake::Verifier;

/// libpq's `sslmode`, the later the stricter.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum SslMode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// What a connection string says about TLS.
pub(super) struct Tls {
    mode: SslMode,
    roots: Option<Roots>,
    identity: Option<Identity>,
}

enum Roots {
    System,
    File(PathBuf),
}

/// The client's certificate with those between it and its CA, and the key to it.
struct Identity {
    certificates: PathBuf,
    key: PathBuf,
}

impl Tls {
    pub(super) fn new(given: &mut Given, negotiation: SslNegotiation) -> Result<Self> {
        use SslMode::{Allow, Disable, Prefer, Require, VerifyCa, VerifyFull};
        let modes = [
            ("disable", Disable),
            ("allow", Allow),
            ("prefer", Prefer),
            ("require", Require),
            ("verify-ca", VerifyCa),
            ("verify-full", VerifyFull),
        ];
        let mode = given.choice("sslmode", &modes)?;
        let roots = given.text("sslrootcert").map(|root| match root.as_str() {
            "system" => Roots::System,
            file => Roots::File(file.into()),
        });
        let mode = match (mode, &roots) {
            (None | Some(VerifyFull), Some(Roots::System)) => VerifyFull,
            (Some(_), Some(Roots::System)) => return Err(misfit("sslmode", "verify-full with sslrootcert=system")),
            (mode, _) => mode.unwrap_or(Prefer),
        };
        if negotiation == SslNegotiation::Direct && mode < Require {
            return Err(misfit("sslmode", "require, verify-ca or verify-full with sslnegotiation=direct"));
        }
        let identity = match (given.text("sslcert"), given.text("sslkey")) {
            (Some(certificates), Some(key)) => Some(Identity { certificates: certificates.into(), key: key.into() }),
            (None, None) => None,
            _ => return Err(Error::configuration("the connection string's options sslcert and sslkey go together")),
        };
        Ok(Self { mode, roots, identity })
    }

    /// Whether all files that TLS needs are there and fit.
    pub(super) fn check(&self) -> Result<()> {
        self.connector().map(drop)
    }

    /// The way to try first, and the one to try when it is refused: with TLS, without it, or as the server has it.
    pub(super) fn ways(&self) -> (Way, Option<Way>) {
        match self.mode {
            SslMode::Disable => (Way::Disable, None),
            SslMode::Allow => (Way::Disable, Some(Way::Require)),
            SslMode::Prefer => (Way::Prefer, Some(Way::Disable)),
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => (Way::Require, None),
        }
    }

    /// Reads the files anew, so that renewed certificates count from the next connection on.
    pub(super) fn connector(&self) -> Result<Connector> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier {
            roots: self.roots()?,
            name_too: self.mode == SslMode::VerifyFull,
            algorithms: provider.signature_verification_algorithms,
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unfit("sslmode", &error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let certificates = certificates(&identity.certificates, "sslcert")?;
                let key = content(&identity.key).and_then(|pem| PrivateKeyDer::from_pem_slice(&pem));
                let key = key.map_err(|error| unreadable("sslkey", error))?;
                builder.with_client_auth_cert(certificates, key).map_err(|error| unfit("sslkey", &error.to_string()))?
            }
        };
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(Connector::new(config))
    }

    /// None where nothing is verified. Like libpq, every mode verifies as soon as there is something to verify with.
    fn roots(&self) -> Result<Option<RootCertStore>> {
        let default = std::env::home_dir().map(|home| home.join(".postgresql/root.crt"));
        let trusted = match (&self.roots, default.filter(|file| file.exists())) {
            _ if self.mode == SslMode::Disable => return Ok(None),
            (Some(Roots::System), _) => rustls_native_certs::load_native_certs().certs,
            (Some(Roots::File(file)), _) => certificates(file, "sslrootcert")?,
            (None, Some(default)) => certificates(&default, "sslrootcert")?,
            (None, None) if self.mode < SslMode::VerifyCa => return Ok(None),
            (None, None) => {
                return Err(Error::configuration(
                    "sslmode=verify-ca and verify-full need to know whom to trust: set sslrootcert to a PEM file \
                     with the certificate of the CA, or to system, or put that file at ~/.postgresql/root.crt",
                ));
            }
        };
        let mut roots = RootCertStore::empty();
        match roots.add_parsable_certificates(trusted) {
            (0, _) => Err(unfit("sslrootcert", "there is no certificate of a CA in it")),
            _ => Ok(Some(roots)),
        }
    }
}

fn certificates(file: &Path, option: &str) -> Result<Vec<CertificateDer<'static>>> {
    let read = |pem: Vec<u8>| CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let certificates = content(file).and_then(read).map_err(|error| unreadable(option, error))?;
    match certificates.is_empty() {
        true => Err(unfit(option, "there is no certificate in PEM form in it")),
        false => Ok(certificates),
    }
}

/// What is in the file; or the option itself where that is PEM, which libpq does not take, but whoever has no file gives.
fn content(file: &Path) -> Result<Vec<u8>, pem::Error> {
    match file.to_str() {
        Some(text) if text.starts_with("-----BEGIN ") => Ok(text.into()),
        _ => std::fs::read(file).map_err(pem::Error::Io),
    }
}

/// Tells no more than the kind of a syntax error: its own text quotes the file, which may be a key.
fn unreadable(option: &str, error: pem::Error) -> Error {
    match error {
        pem::Error::Io(error) => unfit(option, &error.to_string()).caused_by(error),
        pem::Error::NoItemsFound => unfit(option, "it holds nothing of that kind in PEM form, without a passphrase"),
        _ => unfit(option, "it is no PEM file"),
    }
}

fn unfit(option: &str, why: &str) -> Error {
    Error::configuration(format!("the file of the connection string's option `{option}` cannot be used: {why}"))
}
