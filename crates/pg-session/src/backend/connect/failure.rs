//! Why an attempt to connect failed, and what to do about it.

use std::io;

use rustls::{AlertDescription, CertificateError};

use crate::error::{Error, ErrorKind};

/// The failure of one attempt.
pub(super) struct AttemptError {
    pub(super) error: Error,
    /// Whether an attempt with TLS may work where one without it failed, or the other way round.
    pub(super) other_attempt_may_work: bool,
}

impl AttemptError {
    /// Creates a failure after which the other attempt may work.
    pub(super) fn try_other(error: impl Into<Self>) -> Self {
        Self { other_attempt_may_work: true, ..error.into() }
    }
}

impl From<Error> for AttemptError {
    fn from(error: Error) -> Self {
        Self { error, other_attempt_may_work: false }
    }
}

impl From<io::Error> for AttemptError {
    fn from(error: io::Error) -> Self {
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let failure = match tls {
            Some(tls) => Error::configuration(tls_advice(tls)),
            None => unavailable("PostgreSQL cannot be reached; check that it runs and listens on this host and port"),
        };
        failure.caused_by(error).into()
    }
}

pub(super) fn unavailable(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Unavailable, message).retryable()
}

/// Returns the error for a server that closes the connection during the login.
pub(super) fn closed() -> Error {
    unavailable("the server closed the connection; check its log, and that it is PostgreSQL")
}

fn tls_advice(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidCertificate(problem) => certificate_advice(problem),
        rustls::Error::InvalidCertRevocationList(_) => "the revocation list cannot be used; renew the file of sslcrl",
        rustls::Error::AlertReceived(alert) => match alert {
            AlertDescription::ProtocolVersion => {
                "the server supports none of the TLS versions of this client; \
                 change ssl_min_protocol_version and ssl_max_protocol_version, here or in its configuration"
            }
            AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
                "the server accepts none of this client's ciphers; set ssl_ciphers in its configuration to the default"
            }
            AlertDescription::UnrecognisedName => {
                "the server does not know the host name; connect by a name that it serves, or set sslsni=0"
            }
            _ => "the server ended the TLS handshake; set sslcert and sslkey to a client certificate that it trusts",
        },
        rustls::Error::PeerIncompatible(_) => {
            "the server shares no TLS version or cipher with this client, which supports TLS 1.2 and 1.3; \
             change ssl_max_protocol_version and ssl_ciphers in its configuration"
        }
        _ => "the TLS handshake failed; check that the server is PostgreSQL and supports TLS 1.2 or later",
    }
}

fn certificate_advice(problem: &CertificateError) -> &'static str {
    use CertificateError as E;
    match problem {
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            "the server's certificate is for another name; connect by a name in it, or set sslmode=verify-ca"
        }
        E::Expired | E::ExpiredContext { .. } => "the server's certificate has expired; renew it, or check the clock",
        E::NotValidYet | E::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet; check the clocks of this machine and of the CA"
        }
        E::Revoked => "the CA has revoked the server's certificate; replace it",
        E::UnknownRevocationStatus | E::ExpiredRevocationList | E::ExpiredRevocationListContext { .. } => {
            "no current revocation list covers the server's certificate; renew the file of sslcrl"
        }
        E::UnknownIssuer => {
            "the server's certificate is not trusted; set sslrootcert to the certificate of the CA that issued it (if it is \
             not set, ~/.postgresql/root.crt counts), or sslmode=no-verify to encrypt without verifying"
        }
        E::BadSignature => {
            "a signature of the TLS handshake or of the server's certificate is wrong; check whether something intercepts \
             the connection, and that ssl_cert_file and ssl_key_file of the server belong together"
        }
        _ => {
            "the server's certificate cannot be verified because of its form; issue one of X.509 version 3 for a server, \
             with its names as subjectAltName and a key of 2048 bits or more, or set sslmode=no-verify to encrypt \
             without verifying"
        }
    }
}
