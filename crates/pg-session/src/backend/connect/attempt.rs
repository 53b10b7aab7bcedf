//! Opens a connection: tries each host and each of its addresses, with and without TLS as `sslmode` allows.

use std::net::SocketAddr;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use tokio::net::UnixStream;
use tokio::time::timeout;
use tokio_postgres::Config;

use super::conninfo::ConnInfo;
use super::endpoint::{Endpoint, connect_tcp};
use super::failure::{AttemptError, unavailable};
use super::host::Host;
use super::login::{log_in, sends_settings};
use super::movable::Movable;
use super::passfile::{self, Login};
use super::race::{Attempt, race};
use super::settings;
use super::stream::{Channel, Stream};
use super::tls::SslAttempt;
use crate::error::{Error, ErrorKind, Result};

impl ConnInfo {
    /// Opens a connection and logs in.
    ///
    /// `settings` are options of the login. They leave out what the `options` of the connection string set, except what must
    /// not be set otherwise.
    pub(crate) async fn connect(&self, settings: &str) -> Result<Stream> {
        let mut config = self.config.clone();
        let given = self.options().unwrap_or_default();
        if !settings.is_empty() || !given.is_empty() {
            config.options([given, settings].join(" "));
        }
        if let Some(password) = &self.password {
            config.password(password.make(self.timeout).await?);
        }
        match self.connect_to_any(&config).await {
            Err(error)
                if settings.is_empty() && !given.is_empty() && self.options_are_refused(&error, &config).await =>
            {
                Err(settings::given_options_refused(&error))
            }
            result => result,
        }
    }

    async fn connect_to_any(&self, config: &Config) -> Result<Stream> {
        let last_good = *self.last_good.lock().unwrap_or_else(PoisonError::into_inner);
        let mut hosts: Vec<(usize, &Host)> = self.hosts.iter().enumerate().collect();
        if self.random_order {
            fastrand::shuffle(&mut hosts);
        } else if let Some((good, _)) = last_good {
            hosts.sort_by_key(|(index, _)| *index != good);
        }
        let count = hosts.len();
        let with_settings = sends_settings(config);
        let mut attempts: Vec<Attempt<'_, _, _>> = Vec::new();
        for (nth, (index, host)) in (1..).zip(hosts) {
            let address =
                last_good.filter(|(good, _)| *good == index && !self.random_order).and_then(|(_, address)| address);
            attempts.push(Box::pin(async move {
                let error = match self.connect_to_host(host, address, config).await {
                    Ok((stream, address)) => return Ok((stream, (index, address))),
                    Err(error) if count == 1 => error.context(&format!("connecting to {host}")),
                    Err(error) => error.context(&format!("connecting to {host}, host {nth} of {count}")),
                };
                Err(with_finality(error, with_settings))
            }));
        }
        match race(attempts).await {
            Some(Ok((stream, good))) => {
                *self.last_good.lock().unwrap_or_else(PoisonError::into_inner) = Some(good);
                Ok(stream)
            }
            Some(Err(error)) => Err(error),
            None => Err(Error::configuration("the connection string names no host")),
        }
    }

    async fn connect_to_host(
        &self,
        host: &Host,
        last_good: Option<SocketAddr>,
        config: &Config,
    ) -> Result<(Stream, Option<SocketAddr>)> {
        let name = &host.name();
        let config = &self.with_password_of(host, config).await;
        let mut endpoints = Endpoint::resolve(host, name, self.timeout).await?;
        if self.random_order {
            fastrand::shuffle(&mut endpoints);
        }
        if last_good.is_some() {
            endpoints.sort_by_key(|endpoint| endpoint.address() != last_good);
        }
        let with_settings = sends_settings(config);
        let mut attempts: Vec<Attempt<'_, _, _>> = Vec::new();
        for endpoint in endpoints {
            attempts.push(Box::pin(async move {
                let connected = self.connect_to_endpoint(&endpoint, name, config).await;
                connected
                    .map(|stream| (stream, endpoint.address()))
                    .map_err(|error| with_finality(error, with_settings))
            }));
        }
        let connected = race(attempts).await;
        connected.unwrap_or_else(|| Err(unavailable("the host name has no address; check its spelling and DNS")))
    }

    /// Adds the password of the password file if there is no other.
    async fn with_password_of(&self, host: &Host, config: &Config) -> Config {
        let mut config = config.clone();
        if let (None, Some(file), Some(user)) = (config.get_password(), &self.passfile, config.get_user()) {
            let login = Login {
                host: host.name_in_passfile(),
                port: host.port,
                dbname: config.get_dbname().unwrap_or(user).to_owned(),
                user: user.to_owned(),
            };
            if let Some(password) = passfile::password(file.clone(), login).await {
                config.password(password);
            }
        }
        config
    }

    /// If both attempts fail, returns the first failure, unless the second attempt got further.
    async fn connect_to_endpoint(&self, endpoint: &Endpoint, name: &str, config: &Config) -> Result<Stream> {
        let (first, second) = match endpoint {
            Endpoint::Unix(_) => (SslAttempt::Plain, None),
            Endpoint::Tcp(_) => self.tls.attempts(),
        };
        let failure = match self.attempt(first, endpoint, name, config).await {
            Ok(stream) => return Ok(stream),
            Err(failure) => failure,
        };
        let Some(second) = second.filter(|_| failure.other_attempt_may_work) else { return Err(failure.error) };
        match self.attempt(second, endpoint, name, config).await {
            Ok(stream) => {
                if second == SslAttempt::Plain && !self.warned_of_plain.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        error = &failure.error as &dyn std::error::Error,
                        "connected without TLS, because the attempt with TLS failed; set sslmode=require to forbid that"
                    );
                }
                Ok(stream)
            }
            Err(AttemptError { other_attempt_may_work: true, .. }) => Err(failure.error),
            Err(later) => Err(later.error),
        }
    }

    /// Runs one attempt within the time limit. When it fails or times out, its socket closes.
    async fn attempt(
        &self,
        attempt: SslAttempt,
        endpoint: &Endpoint,
        name: &str,
        config: &Config,
    ) -> Result<Stream, AttemptError> {
        let connect = async {
            let channel = match endpoint {
                Endpoint::Unix(path) => Channel::plain(Movable::new(UnixStream::connect(path).await?)),
                Endpoint::Tcp(address) => {
                    let socket = Movable::new(connect_tcp(*address, config).await?);
                    self.tls.secure(attempt, socket, name).await?
                }
            };
            let is_encrypted = channel.is_encrypted;
            let allowed_auth = self.allowed_auth.clone();
            log_in(config, channel, allowed_auth).await.map_err(|error| error.into_attempt_error(attempt, is_encrypted))
        };
        timeout(self.timeout, connect).await.unwrap_or_else(|_| {
            let seconds = self.timeout.as_secs();
            Err(unavailable(format!("no answer within {seconds} s; check host, port and firewalls")).into())
        })
    }

    /// Returns whether a pooler refuses the `options` of the connection string: it accepts the same login without them. The
    /// SQLSTATE alone does not tell, because PgBouncer uses one for everything.
    async fn options_are_refused(&self, error: &Error, config: &Config) -> bool {
        let mut without = self.config.clone();
        if let Some(password) = config.get_password() {
            without.password(password);
        }
        settings::are_refused(error) && self.connect_to_any(&without).await.is_ok()
    }
}

/// Adds whether to stop at this failure.
///
/// As in libpq, a refused login ends the search. So does a pooler that refuses our settings: the caller connects again
/// without them.
fn with_finality(error: Error, with_settings: bool) -> (Error, bool) {
    let is_final = error.kind() == ErrorKind::Configuration || with_settings && settings::are_refused(&error);
    (error, is_final)
}
