//! Why an attempt to connect failed, and what to do about it.

use std::io;

use rustls::CertificateError::{NotValidForName, NotValidForNameContext};

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
        rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
            "the server's certificate is for another name; connect by a name in it, or set sslmode=verify-ca"
        }
        rustls::Error::InvalidCertificate(_) => {
            "the server's certificate is not trusted; set sslrootcert to the certificate of the CA that issued it"
        }
        rustls::Error::AlertReceived(_) => {
            "the server ended the TLS handshake; set sslcert and sslkey to a client certificate that it trusts"
        }
        _ => "the TLS handshake failed; check that the server is PostgreSQL and supports TLS 1.2 or later",
    }
}
