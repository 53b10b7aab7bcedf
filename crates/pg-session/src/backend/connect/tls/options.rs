//! What a connection string says about TLS.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

use super::pem::{certificates, private_key, unusable};
use super::verifier::Verifier;
use crate::backend::connect::params::{ConnParams, invalid_option};
use crate::error::{Error, Result};

/// libpq's `sslmode`; later variants are stricter.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum SslMode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// How one attempt uses TLS.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum SslAttempt {
    Plain,
    /// Continues without TLS if the server declines it.
    TlsIfOffered,
    Tls,
}

/// The TLS options of a connection string.
pub(crate) struct TlsOptions {
    mode: SslMode,
    roots: Option<Roots>,
    identity: Option<Identity>,
    /// Whether the handshake begins at once, without an SSLRequest.
    pub(super) is_direct: bool,
}

enum Roots {
    System,
    File(PathBuf),
}

/// The client's certificate chain and its key.
struct Identity {
    certificates: PathBuf,
    key: PathBuf,
}

impl TlsOptions {
    /// Takes the options about TLS.
    pub(crate) fn from_params(params: &mut ConnParams) -> Result<Self> {
        use SslMode::{Allow, Disable, Prefer, Require, VerifyCa, VerifyFull};
        let modes = [
            ("disable", Disable),
            ("allow", Allow),
            ("prefer", Prefer),
            ("require", Require),
            ("no-verify", Require),
            ("verify-ca", VerifyCa),
            ("verify-full", VerifyFull),
        ];
        let is_direct = params.choice("sslnegotiation", &[("postgres", false), ("direct", true)])?.unwrap_or(false);
        let mode = params.choice("sslmode", &modes)?;
        let roots = params.text("sslrootcert").map(|root| match root.as_str() {
            "system" => Roots::System,
            file => Roots::File(file.into()),
        });
        let mode = match (mode, &roots) {
            (None | Some(VerifyFull), Some(Roots::System)) => VerifyFull,
            (Some(_), Some(Roots::System)) => {
                return Err(invalid_option("sslmode", "verify-full with sslrootcert=system"));
            }
            (mode, _) => mode.unwrap_or(Prefer),
        };
        if is_direct && mode < Require {
            let expected = "require, verify-ca or verify-full with sslnegotiation=direct";
            return Err(invalid_option("sslmode", expected));
        }
        let identity = match (params.text("sslcert"), params.text("sslkey")) {
            (Some(certificates), Some(key)) => Some(Identity { certificates: certificates.into(), key: key.into() }),
            (None, None) => None,
            _ => return Err(Error::configuration("set both sslcert and sslkey in the connection string, or neither")),
        };
        Ok(Self { mode, roots, identity, is_direct })
    }

    /// Checks that all files can be used.
    pub(crate) fn check(&self) -> Result<()> {
        self.client_config().map(drop)
    }

    /// Returns the first attempt, and the one to make if the server refuses the first.
    pub(crate) fn attempts(&self) -> (SslAttempt, Option<SslAttempt>) {
        match self.mode {
            SslMode::Disable => (SslAttempt::Plain, None),
            SslMode::Allow => (SslAttempt::Plain, Some(SslAttempt::Tls)),
            SslMode::Prefer => (SslAttempt::TlsIfOffered, Some(SslAttempt::Plain)),
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => (SslAttempt::Tls, None),
        }
    }

    /// Creates the configuration of rustls.
    ///
    /// Reads the files again, so that renewed certificates take effect with the next connection.
    pub(super) fn client_config(&self) -> Result<ClientConfig> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier {
            roots: self.trusted_roots()?,
            verify_name: self.mode == SslMode::VerifyFull,
            algorithms: provider.signature_verification_algorithms,
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable("sslmode", &error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let certificates = certificates(&identity.certificates, "sslcert")?;
                let key = private_key(&identity.key, "sslkey")?;
                builder
                    .with_client_auth_cert(certificates, key)
                    .map_err(|error| unusable("sslkey", &error.to_string()))?
            }
        };
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(config)
    }

    /// Returns the roots to verify with, or `None` if the certificate is not verified.
    ///
    /// As in libpq, every mode verifies the certificate if there are roots.
    fn trusted_roots(&self) -> Result<Option<RootCertStore>> {
        let default = std::env::home_dir().map(|home| home.join(".postgresql/root.crt"));
        let trusted = match (&self.roots, default.filter(|file| file.exists())) {
            _ if self.mode == SslMode::Disable => return Ok(None),
            (Some(Roots::System), _) => rustls_native_certs::load_native_certs().certs,
            (Some(Roots::File(file)), _) => certificates(file, "sslrootcert")?,
            (None, Some(default)) => certificates(&default, "sslrootcert")?,
            (None, None) if self.mode < SslMode::VerifyCa => return Ok(None),
            (None, None) => {
                return Err(Error::configuration(
                    "sslmode=verify-ca and verify-full need a CA to trust; set sslrootcert to a PEM file with the \
                     certificate of the CA, or to system, or put that file at ~/.postgresql/root.crt",
                ));
            }
        };
        let mut roots = RootCertStore::empty();
        match roots.add_parsable_certificates(trusted) {
            (0, _) => Err(unusable("sslrootcert", "it contains no certificate of a CA")),
            _ => Ok(Some(roots)),
        }
    }
}
