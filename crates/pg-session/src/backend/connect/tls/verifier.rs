//! What a client verifies of a server's certificate.

use std::sync::Arc;

use rustls::CertificateError::{NotValidForName, NotValidForNameContext};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, SignatureVerificationAlgorithm, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::public_key::PublicKey;

/// Verifies the chain of the certificate if there is a verifier for it, and then its name if `verify_name` is set.
///
/// Otherwise nothing in the certificate can fail. Only the signature of the handshake is checked, where the key allows it: it
/// shows that the server owns the certificate, whose hash SCRAM includes in the login (channel binding).
#[derive(Debug)]
pub(super) struct Verifier {
    pub(super) chain: Option<Arc<WebPkiServerVerifier>>,
    pub(super) verify_name: bool,
    /// Whether the server must prove that it owns the certificate, because channel binding is required.
    pub(super) must_own: bool,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    /// Checks the signature of a handshake that rustls refused because of the certificate.
    ///
    /// webpki refuses to parse certificates of version 1, with an extension that it does not know, and others; the signature
    /// needs only the key. *ring* cannot use every key: then the server cannot prove anything. Who impersonates it could use a
    /// certificate of its own in any case, because nobody verifies the certificate.
    fn check_signature(
        &self,
        refusal: Error,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.algorithms;
        let fits = |a: &dyn SignatureVerificationAlgorithm, key: &PublicKey<'_>| {
            a.public_key_alg_id().as_ref() == key.algorithm
        };
        let key = PublicKey::of_certificate(certificate).filter(PublicKey::has_supported_length);
        let Some(key) = key.filter(|key| algorithms.all.iter().any(|a| fits(*a, key))) else {
            return if self.chain.is_none() && !self.must_own {
                Ok(HandshakeSignatureValid::assertion())
            } else {
                // rustls would report a wrong signature.
                Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
            };
        };
        // A key that can be used must be used, whatever the scheme: else anyone could show the certificate of another server.
        let of_scheme = algorithms.mapping.iter().find(|(scheme, _)| *scheme == signature.scheme);
        let mut of_key = of_scheme.into_iter().flat_map(|(_, of_scheme)| *of_scheme).filter(|a| fits(**a, &key));
        if self.chain.is_none() && of_key.any(|a| a.verify_signature(key.bits, message, signature.signature()).is_ok())
        {
            Ok(HandshakeSignatureValid::assertion())
        } else {
            Err(refusal)
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The name is what rustls verifies last.
            Err(Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) if !self.verify_name => {
                Ok(ServerCertVerified::assertion())
            }
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
            .or_else(|refusal| self.check_signature(refusal, message, cert, dss))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
            .or_else(|refusal| self.check_signature(refusal, message, cert, dss))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = self.algorithms.supported_schemes();
        if self.chain.is_none() && !self.must_own {
            // A server with such a key has no other scheme. The last three are for keys that are for RSA-PSS only (RFC 8446).
            schemes.extend([SignatureScheme::ECDSA_NISTP521_SHA512, SignatureScheme::ED448]);
            schemes.extend([0x0809, 0x080a, 0x080b].map(SignatureScheme::Unknown));
        }
        schemes
    }
}
