//! One new connection: each host in turn, each of its addresses, with TLS and without it as `sslmode` allows.

use std::io;
use std::net::IpAddr;

use rustls::CertificateError::{NotValidForName, NotValidForNameContext};
use tokio::net::lookup_host;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::config::SslMode as Way;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::TlsStream;
use tokio_postgres::{Client, Config, Connection, NoTls, Socket};

use super::conninfo::{ConnInfo, Host};
use crate::error::{Error, ErrorKind, Result};

type Connected = (Client, JoinHandle<()>);

impl ConnInfo {
    /// One new connection; its I/O runs in the returned task until the client is dropped or the server goes.
    /// `settings` are further `options`, over which those of the connection string prevail.
    pub(crate) async fn connect(&self, settings: &str) -> Result<Connected> {
        Handle::try_current().map_err(|error| {
            Error::configuration("there is no Tokio runtime here: call the store from within one").caused_by(error)
        })?;
        let mut hosts: Vec<&Host> = self.hosts.iter().collect();
        if self.shuffled {
            fastrand::shuffle(&mut hosts);
        }
        let count = hosts.len();
        let mut failure = Error::configuration("the connection string names no host");
        for (nth, host) in (1..).zip(hosts) {
            failure = match self.connect_to(host, settings).await {
                Ok(connected) => return Ok(connected),
                Err(error) if count == 1 => error.context(&format!("connecting to {host}")),
                Err(error) => error.context(&format!("connecting to {host}, host {nth} of {count}")),
            };
            if is_final(&failure) {
                break;
            }
        }
        Err(failure)
    }

    async fn connect_to(&self, host: &Host, settings: &str) -> Result<Connected> {
        let name = host.name();
        let mut config = self.config.clone();
        if !settings.is_empty() {
            config.options([settings, config.get_options().unwrap_or_default()].join(" "));
        }
        config.host(&name).port(host.port);
        if name.starts_with('/') {
            return self.connect_one_way((Way::Disable, None), &config).await;
        }
        let mut failure = unavailable("the host name has no address: check it");
        for address in self.addresses(&name, host).await? {
            failure = match self.connect_one_way(self.tls.ways(), config.clone().hostaddr(address)).await {
                Ok(connected) => return Ok(connected),
                Err(error) => error,
            };
            if is_final(&failure) {
                break;
            }
        }
        Err(failure)
    }

    async fn addresses(&self, name: &str, host: &Host) -> Result<Vec<IpAddr>> {
        if let Some(address) = host.address {
            return Ok(vec![address]);
        }
        let found = timeout(self.timeout, lookup_host((name, host.port))).await;
        let found = found.map_err(|_| unavailable("no answer to the look-up of the host name in time: check DNS"))?;
        let found = found.map_err(|error| {
            unavailable(format!("the host name is not found: check its spelling, and DNS ({error})")).caused_by(error)
        })?;
        let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
        if self.shuffled {
            fastrand::shuffle(&mut addresses);
        }
        Ok(addresses)
    }

    /// When neither way gets in, the failure of the first is told, unless the second came further.
    async fn connect_one_way(&self, (first, other): (Way, Option<Way>), config: &Config) -> Result<Connected> {
        let failure = match self.attempt(first, config).await {
            Ok(connected) => return Ok(connected),
            Err(failure) => failure,
        };
        let Some(other) = other.filter(|_| failure.due_to_the_way) else { return Err(failure.error) };
        match self.attempt(other, config).await {
            Err(Failure { due_to_the_way: true, .. }) => Err(failure.error),
            result => result.map_err(|later| later.error),
        }
    }

    async fn attempt(&self, way: Way, config: &Config) -> Result<Connected, Failure> {
        let mut config = config.clone();
        config.ssl_mode(way);
        let tls = match way {
            Way::Disable => None,
            _ => Some(self.tls.connector()?),
        };
        let connecting = async {
            match tls.clone() {
                Some(tls) => config.connect(tls).await.map(spawn),
                None => config.connect(NoTls).await.map(spawn),
            }
        };
        match timeout(self.timeout, connecting).await {
            Ok(Ok(connected)) => Ok(connected),
            Ok(Err(error)) => Err(failure(error, way, tls.is_some_and(|tls| tls.has_begun()))),
            Err(_) => {
                let seconds = self.timeout.as_secs();
                Err(unavailable(format!("no answer within {seconds} s: check host, port and firewalls")).into())
            }
        }
    }
}

fn spawn<S>((client, connection): (Client, Connection<Socket, S>)) -> Connected
where
    S: TlsStream + Unpin + Send + 'static,
{
    let task = tokio::spawn(async {
        if let Err(error) = connection.await {
            tracing::warn!(%error, sqlstate = error.code().map(SqlState::code), "a connection to PostgreSQL has ended");
        }
    });
    (client, task)
}

/// As in libpq: what is there and refuses for good is believed, and no other is asked.
fn is_final(error: &Error) -> bool {
    error.kind() == ErrorKind::Configuration
}

fn unavailable(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Unavailable, message).retryable()
}

/// Why one attempt failed, and whether the same with TLS, or without it, may do better.
struct Failure {
    error: Error,
    due_to_the_way: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, due_to_the_way: false }
    }
}

fn failure(error: tokio_postgres::Error, way: Way, with_tls: bool) -> Failure {
    if let Some(answer) = error.as_db_error() {
        // This is how the rules of pg_hba.conf that tell TLS from plain connections say no.
        let is_hba = *answer.code() == SqlState::INVALID_AUTHORIZATION_SPECIFICATION;
        return Failure {
            error: Error::refused(answer.code().code(), answer.message()),
            due_to_the_way: is_hba && (with_tls || way == Way::Disable),
        };
    }
    let Some(source) = error.into_source() else {
        return unavailable("the connection was closed at once: check that it is PostgreSQL, and its log").into();
    };
    match source.downcast::<io::Error>() {
        // tokio-postgres' own where target_session_attrs asks for more than there is; the system's has a number.
        Ok(error) if error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none() => {
            unavailable("the server takes no writes: name the primary, too").caused_by(*error).into()
        }
        Ok(error) => Failure { error: io_failure(*error), due_to_the_way: with_tls },
        Err(_) if way == Way::Require && !with_tls => Failure {
            error: Error::configuration("the server offers no TLS: set ssl=on there, or sslmode=prefer here"),
            due_to_the_way: true,
        },
        Err(reason) => Error::configuration(format!(
            "cannot log in: {reason}; check the password and channel_binding of the connection string"
        ))
        .into(),
    }
}

fn io_failure(error: io::Error) -> Error {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(tls) => Error::configuration(tls_advice(tls)).caused_by(error),
        None => {
            unavailable(format!("PostgreSQL cannot be reached: {error}; check that it runs, its host and its port"))
                .caused_by(error)
        }
    }
}

fn tls_advice(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
            format!("{error}: connect by a name that the server's certificate has, or set sslmode=verify-ca")
        }
        rustls::Error::InvalidCertificate(_) => {
            format!("{error}: set sslrootcert to the certificate of the CA that the server's is from")
        }
        rustls::Error::AlertReceived(_) => {
            format!("the server ended TLS: {error}; set sslcert and sslkey to a client certificate that it trusts")
        }
        _ => format!("no TLS with this server: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[test]
    fn outside_of_a_runtime_is_an_error_and_no_panic() {
        let info = ConnInfo::parse("host=localhost").unwrap();
        let mut connecting = pin!(info.connect(""));
        let Poll::Ready(Err(error)) = connecting.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("it waits, or is connected");
        };
        assert_eq!(error.kind(), ErrorKind::Configuration);
    }
}
