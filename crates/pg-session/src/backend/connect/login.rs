//! One new connection: each host in turn, each of its addresses, with TLS and without it as `sslmode` allows.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::pin;

use rustls::CertificateError::{NotValidForName, NotValidForNameContext};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::time::timeout;
use tokio_postgres::config::{SslMode as Way, TargetSessionAttrs};
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::TlsConnect;
use tokio_postgres::{Config, NoTls, SimpleQueryMessage};

use super::conninfo::{ConnInfo, Host};
use super::lent::Lent;
use super::settings;
use crate::error::{Error, ErrorKind, Result};

/// Bytes to a server process that has let us in, and back.
pub(crate) type Stream = Box<dyn Transport>;

pub(crate) trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Transport for S {}

/// Where one attempt goes to.
enum Place {
    Address(SocketAddr),
    Socket(PathBuf),
}

impl ConnInfo {
    /// One new connection. `settings` are further `options`, over which those of the connection string prevail.
    pub(crate) async fn connect(&self, settings: &str) -> Result<Stream> {
        let mut hosts: Vec<&Host> = self.hosts.iter().collect();
        if self.shuffled {
            fastrand::shuffle(&mut hosts);
        }
        let mut config = self.config.clone();
        if !settings.is_empty() {
            config.options([settings, config.get_options().unwrap_or_default()].join(" "));
        }
        let count = hosts.len();
        let mut failure = Error::configuration("the connection string names no host");
        for (nth, host) in (1..).zip(hosts) {
            failure = match self.connect_to(host, &config).await {
                Ok(connected) => return Ok(connected),
                Err(error) if count == 1 => error.context(&format!("connecting to {host}")),
                Err(error) => error.context(&format!("connecting to {host}, host {nth} of {count}")),
            };
            if is_final(&failure, &config) {
                break;
            }
        }
        Err(failure)
    }

    async fn connect_to(&self, host: &Host, config: &Config) -> Result<Stream> {
        let name = host.name();
        if name.starts_with('/') {
            let socket = Place::Socket(Path::new(&name).join(format!(".s.PGSQL.{}", host.port)));
            return self.connect_one_way((Way::Disable, None), &name, &socket, config).await;
        }
        let mut failure = unavailable("the host name has no address: check it");
        for address in self.addresses(&name, host).await? {
            let address = Place::Address((address, host.port).into());
            failure = match self.connect_one_way(self.tls.ways(), &name, &address, config).await {
                Ok(connected) => return Ok(connected),
                Err(error) => error,
            };
            if is_final(&failure, config) {
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
    async fn connect_one_way(
        &self,
        (first, other): (Way, Option<Way>),
        name: &str,
        place: &Place,
        config: &Config,
    ) -> Result<Stream> {
        let failure = match self.attempt(first, name, place, config).await {
            Ok(connected) => return Ok(connected),
            Err(failure) => failure,
        };
        let Some(other) = other.filter(|_| failure.due_to_the_way) else { return Err(failure.error) };
        match self.attempt(other, name, place, config).await {
            Err(Failure { due_to_the_way: true, .. }) => Err(failure.error),
            result => result.map_err(|later| later.error),
        }
    }

    async fn attempt(&self, way: Way, name: &str, place: &Place, config: &Config) -> Result<Stream, Failure> {
        let mut config = config.clone();
        config.ssl_mode(way);
        timeout(self.timeout, self.log_in(way, name, place, &config)).await.unwrap_or_else(|_| {
            let seconds = self.timeout.as_secs();
            Err(unavailable(format!("no answer within {seconds} s: check host, port and firewalls")).into())
        })
    }

    async fn log_in(&self, way: Way, name: &str, place: &Place, config: &Config) -> Result<Stream, Failure> {
        let told = |with_tls| move |refusal| failure(refusal, way, with_tls);
        let address = match place {
            Place::Address(address) => address,
            Place::Socket(path) => {
                let socket = Lent::new(UnixStream::connect(path).await.map_err(io_failure)?);
                log_in(config, socket.clone(), NoTls).await.map_err(told(false))?;
                return boxed(socket.take());
            }
        };
        let socket = Lent::new(tcp(*address, config).await.map_err(io_failure)?);
        if way == Way::Disable {
            log_in(config, socket.clone(), NoTls).await.map_err(told(false))?;
            return boxed(socket.take());
        }
        let handshake = self.tls.connector()?.handshake(name);
        let progress = handshake.progress.clone();
        let login = log_in(config, socket.clone(), handshake).await;
        login.map_err(told(progress.has_begun()))?;
        match progress.take() {
            Some(secured) => boxed(Some(secured)),
            None => boxed(socket.take()),
        }
    }
}

fn boxed<S: Transport + 'static>(stream: Option<S>) -> Result<Stream, Failure> {
    let stream = stream.ok_or_else(closed)?;
    Ok(Box::new(stream))
}

async fn tcp(address: SocketAddr, config: &Config) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let socket = SockRef::from(&stream);
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(config.get_tcp_user_timeout().copied())?;
    if config.get_keepalives() {
        let mut probes = TcpKeepalive::new().with_time(config.get_keepalives_idle());
        if let Some(interval) = config.get_keepalives_interval() {
            probes = probes.with_interval(interval);
        }
        if let Some(retries) = config.get_keepalives_retries() {
            probes = probes.with_retries(retries);
        }
        socket.set_tcp_keepalive(&probes)?;
    }
    Ok(stream)
}

/// Logs in over a stream that is lent, so that it can be taken back: nothing is under way on it then.
async fn log_in<S, T>(config: &Config, stream: Lent<S>, tls: T) -> Result<(), Refusal>
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: TlsConnect<Lent<S>>,
    T::Stream: Unpin,
{
    let (client, connection) = config.connect_raw(stream, tls).await?;
    let wants_writes = config.get_target_session_attrs() != TargetSessionAttrs::Any;
    let wants_settings = has_settings(config);
    if !wants_writes && !wants_settings {
        return Ok(());
    }
    let mut connection = pin!(connection);
    let (setting, value) = settings::GENERIC;
    let looks = format!("SHOW transaction_read_only; SHOW {setting}");
    let answer = tokio::select! {
        answer = client.simple_query(&looks) => answer?,
        ended = &mut connection => return Err(Refusal::Closed(ended.err())),
    };
    let mut shown = answer.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    if shown.next() == Some("on") && wants_writes {
        Err(Refusal::ReadOnly)
    } else if shown.next() != Some(value) && wants_settings {
        Err(Refusal::Unheeded)
    } else {
        Ok(())
    }
}

/// Why a login failed.
enum Refusal {
    Error(tokio_postgres::Error),
    Closed(Option<tokio_postgres::Error>),
    ReadOnly,
    /// A pooler has dropped our settings in silence.
    Unheeded,
}

impl From<tokio_postgres::Error> for Refusal {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Error(error)
    }
}

/// As in libpq: what is there and refuses for good is believed, and no other is asked. What refuses our settings is asked
/// again without them.
fn is_final(error: &Error, config: &Config) -> bool {
    error.kind() == ErrorKind::Configuration || has_settings(config) && settings::are_refused(error)
}

fn has_settings(config: &Config) -> bool {
    config.get_options().is_some_and(settings::are_ours)
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

fn failure(refusal: Refusal, way: Way, with_tls: bool) -> Failure {
    let error = match refusal {
        Refusal::Error(error) | Refusal::Closed(Some(error)) => error,
        Refusal::Closed(None) => return closed().into(),
        Refusal::Unheeded => return settings::unheeded().into(),
        Refusal::ReadOnly => return unavailable("the server takes no writes: name the primary, too").into(),
    };
    if let Some(answer) = error.as_db_error() {
        // This is how the rules of pg_hba.conf that tell TLS from plain connections say no.
        let is_hba = *answer.code() == SqlState::INVALID_AUTHORIZATION_SPECIFICATION;
        return Failure {
            error: Error::refused(answer.code().code(), answer.message()),
            due_to_the_way: is_hba && (with_tls || way == Way::Disable),
        };
    }
    let Some(source) = error.into_source() else { return closed().into() };
    match source.downcast::<io::Error>() {
        Ok(error) => Failure { due_to_the_way: with_tls, ..io_failure(*error) },
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

fn closed() -> Error {
    unavailable("the connection was closed at once: check that it is PostgreSQL, and its log")
}

fn io_failure(error: io::Error) -> Failure {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let error = match tls {
        Some(tls) => Error::configuration(tls_advice(tls)).caused_by(error),
        None => {
            unavailable(format!("PostgreSQL cannot be reached: {error}; check that it runs, its host and its port"))
                .caused_by(error)
        }
    };
    error.into()
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
