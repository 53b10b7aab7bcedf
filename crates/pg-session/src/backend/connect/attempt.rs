//! Opens a connection: tries each host and each of its addresses, with and without TLS as `sslmode` allows.

use tokio::net::UnixStream;
use tokio::time::timeout;
use tokio_postgres::Config;

use super::conninfo::ConnInfo;
use super::endpoint::{Endpoint, connect_tcp};
use super::failure::{AttemptError, unavailable};
use super::host::Host;
use super::login::{log_in, sends_settings};
use super::movable::Movable;
use super::settings;
use super::stream::{Channel, Stream};
use super::tls::SslAttempt;
use crate::error::{Error, ErrorKind, Result};

impl ConnInfo {
    /// Opens a connection and logs in.
    ///
    /// `settings` are options of the login. The `options` of the connection string take precedence over them.
    pub(crate) async fn connect(&self, settings: &str) -> Result<Stream> {
        let mut hosts: Vec<&Host> = self.hosts.iter().collect();
        if self.random_order {
            fastrand::shuffle(&mut hosts);
        }
        let mut config = self.config.clone();
        if !settings.is_empty() {
            config.options([settings, config.get_options().unwrap_or_default()].join(" "));
        }
        let count = hosts.len();
        let mut failure = Error::configuration("the connection string names no host");
        for (nth, host) in (1..).zip(hosts) {
            failure = match self.connect_to_host(host, &config).await {
                Ok(stream) => return Ok(stream),
                Err(error) if count == 1 => error.context(&format!("connecting to {host}")),
                Err(error) => error.context(&format!("connecting to {host}, host {nth} of {count}")),
            };
            if is_final(&failure, &config) {
                break;
            }
        }
        Err(failure)
    }

    async fn connect_to_host(&self, host: &Host, config: &Config) -> Result<Stream> {
        let name = host.name();
        let mut endpoints = Endpoint::resolve(host, &name, self.timeout).await?;
        if self.random_order {
            fastrand::shuffle(&mut endpoints);
        }
        let mut failure = unavailable("the host name has no address; check its spelling and DNS");
        for endpoint in endpoints {
            failure = match self.connect_to_endpoint(&endpoint, &name, config).await {
                Ok(stream) => return Ok(stream),
                Err(error) => error,
            };
            if is_final(&failure, config) {
                break;
            }
        }
        Err(failure)
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
            Err(AttemptError { other_attempt_may_work: true, .. }) => Err(failure.error),
            result => result.map_err(|later| later.error),
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
            log_in(config, channel).await.map_err(|error| error.into_attempt_error(attempt, is_encrypted))
        };
        timeout(self.timeout, connect).await.unwrap_or_else(|_| {
            let seconds = self.timeout.as_secs();
            Err(unavailable(format!("no answer within {seconds} s; check host, port and firewalls")).into())
        })
    }
}

/// Returns whether to stop at this failure.
///
/// As in libpq, a refused login ends the search. So does a pooler that refuses our settings: the caller connects again
/// without them.
fn is_final(error: &Error, config: &Config) -> bool {
    error.kind() == ErrorKind::Configuration || sends_settings(config) && settings::are_refused(error)
}
