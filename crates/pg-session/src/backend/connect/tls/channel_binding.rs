//! Channel binding: ties the login to the TLS connection, so that nobody in between can relay it.

use sha2::{Digest, Sha256, Sha384, Sha512};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::oid::db::rfc5912::{
    ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ECDSA_WITH_SHA_512, SHA_1_WITH_RSA_ENCRYPTION, SHA_256_WITH_RSA_ENCRYPTION,
    SHA_384_WITH_RSA_ENCRYPTION, SHA_512_WITH_RSA_ENCRYPTION,
};

/// Returns the `tls-server-end-point` of [RFC 5929](https://www.rfc-editor.org/rfc/rfc5929#section-4.1), the hash of the
/// server's certificate; `None` where the RFC defines none, as for Ed25519.
pub(super) fn server_end_point(stream: &TlsStream<TcpStream>) -> Option<Vec<u8>> {
    let (_, session) = stream.get_ref();
    let certificate = session.peer_certificates()?.first()?;
    let algorithm = Certificate::from_der(certificate).ok()?.signature_algorithm.oid;
    hash(algorithm, certificate)
}

/// Hashes a certificate with the hash function of its signature, or with SHA-256 instead of SHA-1.
fn hash(signature_algorithm: ObjectIdentifier, certificate: &[u8]) -> Option<Vec<u8>> {
    match signature_algorithm {
        SHA_1_WITH_RSA_ENCRYPTION | SHA_256_WITH_RSA_ENCRYPTION | ECDSA_WITH_SHA_256 => {
            Some(Sha256::digest(certificate).to_vec())
        }
        SHA_384_WITH_RSA_ENCRYPTION | ECDSA_WITH_SHA_384 => Some(Sha384::digest(certificate).to_vec()),
        SHA_512_WITH_RSA_ENCRYPTION | ECDSA_WITH_SHA_512 => Some(Sha512::digest(certificate).to_vec()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use x509_cert::der::oid::db::rfc8410::ID_ED_25519;

    use super::*;

    #[test]
    fn the_signature_decides_the_hash_function() {
        for (algorithm, length) in [
            (SHA_1_WITH_RSA_ENCRYPTION, Some(32)),
            (ECDSA_WITH_SHA_256, Some(32)),
            (SHA_384_WITH_RSA_ENCRYPTION, Some(48)),
            (ECDSA_WITH_SHA_512, Some(64)),
            (ID_ED_25519, None),
        ] {
            assert_eq!(hash(algorithm, b"certificate").map(|hash| hash.len()), length, "{algorithm}");
        }
    }
}
