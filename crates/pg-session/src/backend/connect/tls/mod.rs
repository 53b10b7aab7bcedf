//! TLS by rustls, with the options of libpq.
//!
//! See "SSL Support" in the [manual](https://www.postgresql.org/docs/current/libpq-ssl.html).

mod client_config;
mod handshake;
mod options;
mod pem;
mod public_key;
mod verifier;

pub(super) use options::{SslAttempt, TlsOptions};
