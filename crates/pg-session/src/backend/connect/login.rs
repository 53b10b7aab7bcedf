//! Logs in over an open stream.
//!
//! tokio-postgres runs only the login: to send statements, it would need two tasks and a copy of each row.

use std::io;
use std::pin::pin;

use tokio_postgres::config::{SslMode, SslNegotiation, TargetSessionAttrs};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, SimpleQueryMessage};

use super::failure::{AttemptError, closed, unavailable};
use super::pass_through::PassThrough;
use super::require_auth::{AllowedAuth, AuthWatch, NotAllowed, not_allowed};
use super::settings;
use super::stream::{Channel, Stream};
use super::tls::SslAttempt;
use crate::error::Error;

/// Logs in, and checks that the server is the one that `config` asks for.
///
/// `allowed_auth` limits the methods of authentication.
pub(super) async fn log_in(
    config: &Config,
    channel: Channel,
    allowed_auth: Option<AllowedAuth>,
) -> Result<Stream, LoginError> {
    let Channel { mut stream, binding, .. } = channel;
    let mut config = config.clone();
    // Direct: tokio-postgres sends no SSLRequest, because TLS is already complete.
    config.ssl_mode(SslMode::Require).ssl_negotiation(SslNegotiation::Direct);
    let watch = allowed_auth.map(AuthWatch::new);
    log_in_over(&mut stream, &config, PassThrough { binding, watch }).await?;
    Ok(stream)
}

/// Runs a query, because a login alone does not show that a server is there: a pooler accepts it while its server is down.
///
/// Borrows the stream. Dropping the connection sends no Terminate, because only a polled connection sends it. It loses what
/// was read ahead: after its last reply the server sends only notices, or the error that ends the connection.
async fn log_in_over(stream: &mut Stream, config: &Config, tls: PassThrough) -> Result<(), LoginError> {
    let (client, connection) = config.connect_raw(stream, tls).await?;
    let needs_primary = config.get_target_session_attrs() != TargetSessionAttrs::Any;
    let sends_settings = sends_settings(config);
    let (setting, value) = settings::PROBE;
    let query = format!("SHOW transaction_read_only; SHOW {setting}");
    let mut connection = pin!(connection);
    let messages = tokio::select! {
        messages = client.simple_query(&query) => messages?,
        ended = &mut connection => return Err(LoginError::Closed(ended.err())),
    };
    let mut shown = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    if shown.next() == Some("on") && needs_primary {
        Err(LoginError::ReadOnly)
    } else if shown.next() != Some(value) && sends_settings {
        Err(LoginError::SettingsIgnored)
    } else {
        Ok(())
    }
}

/// Returns whether the login sends the settings of a lane.
pub(super) fn sends_settings(config: &Config) -> bool {
    config.get_options().is_some_and(settings::are_in)
}

/// Why a login failed.
pub(super) enum LoginError {
    Postgres(tokio_postgres::Error),
    Closed(Option<tokio_postgres::Error>),
    /// The server accepts no writes, but the connection string asks for a primary.
    ReadOnly,
    /// A pooler dropped the settings without an error.
    SettingsIgnored,
}

impl From<tokio_postgres::Error> for LoginError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

impl LoginError {
    /// Decides what to report, and whether the other attempt may work.
    pub(super) fn into_attempt_error(self, attempt: SslAttempt, is_encrypted: bool) -> AttemptError {
        let error = match self {
            Self::Postgres(error) | Self::Closed(Some(error)) => error,
            Self::Closed(None) => return closed().into(),
            Self::SettingsIgnored => return settings::ignored().into(),
            Self::ReadOnly => {
                return unavailable("the server accepts no writes; add the primary to the connection string").into();
            }
        };
        if let Some(reply) = error.as_db_error() {
            // The rules in pg_hba.conf that apply only with TLS, or only without it, refuse a login with this SQLSTATE.
            let is_hba = *reply.code() == SqlState::INVALID_AUTHORIZATION_SPECIFICATION;
            return AttemptError {
                error: Error::refused(reply.code().code(), reply.message()),
                other_attempt_may_work: is_hba && (is_encrypted || attempt == SslAttempt::Plain),
            };
        }
        let Some(source) = error.into_source() else { return closed().into() };
        match source.downcast::<io::Error>() {
            Ok(error) if error.get_ref().is_some_and(|inner| inner.is::<NotAllowed>()) => not_allowed().into(),
            Ok(error) => AttemptError { other_attempt_may_work: is_encrypted, ..(*error).into() },
            Err(reason) => Error::configuration(format!(
                "login failed: {reason}; check the password and channel_binding in the connection string"
            ))
            .into(),
        }
    }
}
