//! From the TLS options to the configuration of rustls. Reads files.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateRevocationListDer;
use rustls::{ClientConfig, RootCertStore};

use super::options::{RevocationLists, Roots, SslMode, TlsOptions};
use super::pem::{certificates, private_key, revocation_lists, revocation_lists_in, unusable};
use super::verifier::Verifier;
use crate::error::{Error, Result};

impl TlsOptions {
    /// Checks that all files can be used.
    pub(crate) fn check(&self) -> Result<()> {
        if let (true, Roots::File(file)) = (self.mode > SslMode::Disable, &self.roots) {
            certificates(file, "sslrootcert")?;
        }
        self.client_config().map(drop)
    }

    /// Creates the configuration of rustls.
    ///
    /// Reads the files again, so that renewed certificates take effect with the next connection. Blocks on them.
    pub(super) fn client_config(&self) -> Result<ClientConfig> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier {
            chain: self.chain_verifier(&provider)?,
            verify_name: self.mode == SslMode::VerifyFull,
            must_own: self.must_own,
            algorithms: provider.signature_verification_algorithms,
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&self.versions)
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
        config.enable_sni = self.sends_name;
        Ok(config)
    }

    /// Returns the verifier of certificates, or `None` if nothing is verified.
    ///
    /// As in libpq, `require` verifies if there are roots. `allow` and `prefer` do not: libpq would give up the encryption
    /// because of a certificate, and connect without TLS.
    fn chain_verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Option<Arc<WebPkiServerVerifier>>> {
        if self.mode < SslMode::Require {
            return Ok(None);
        }
        let trusted = match &self.roots {
            Roots::System => rustls_native_certs::load_native_certs().certs,
            Roots::File(file) => certificates(file, "sslrootcert")?,
            Roots::Default(Some(file)) if file.exists() => certificates(file, "sslrootcert")?,
            Roots::Default(_) if self.mode < SslMode::VerifyCa => return Ok(None),
            Roots::Default(_) => {
                return Err(Error::configuration(
                    "sslmode=verify-ca and verify-full need a CA to trust; set sslrootcert to a PEM file with the \
                     certificate of the CA, or to system, or put that file at ~/.postgresql/root.crt",
                ));
            }
        };
        let mut roots = RootCertStore::empty();
        if let (0, _) = roots.add_parsable_certificates(trusted) {
            return Err(unusable("sslrootcert", "it contains no certificate of a CA"));
        }
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .with_crls(self.revocation_lists()?)
            .enforce_revocation_expiration()
            .build()
            .map(Some)
            .map_err(|error| unusable("sslcrl", &error.to_string()))
    }

    fn revocation_lists(&self) -> Result<Vec<CertificateRevocationListDer<'static>>> {
        let mut lists = Vec::new();
        for source in &self.revoked {
            lists.extend(match source {
                RevocationLists::File(file) => revocation_lists(file, "sslcrl")?,
                RevocationLists::Folder(folder) => revocation_lists_in(folder, "sslcrldir")?,
                RevocationLists::Default(file) if file.exists() => revocation_lists(file, "sslcrl")?,
                RevocationLists::Default(_) => Vec::new(),
            });
        }
        Ok(lists)
    }
}
