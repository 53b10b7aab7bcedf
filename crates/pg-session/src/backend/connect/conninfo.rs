//! Where PostgreSQL is, and how to get in: connection strings as libpq has them.
//!
//! See "Connection Strings" and "Parameter Key Words" in the
//! [manual](https://www.postgresql.org/docs/current/libpq-connect.html).

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, SslNegotiation, TargetSessionAttrs};

use super::params::{Given, misfit};
use super::tls::Tls;
use crate::error::{Error, Result};

const DEFAULT_PORT: u16 = 5432;

/// Where libpq looks for a socket when no host is given: the folder of the Linux packages, and PostgreSQL's own.
const SOCKET_FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// libpq waits without a limit; a host that swallows packets would then hold a request for minutes.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Where PostgreSQL is, and how to get in. Parsed once, when the store is built.
pub(crate) struct ConnInfo {
    /// In the order in which they are tried; never empty.
    pub(super) hosts: Vec<Host>,
    pub(super) shuffled: bool,
    /// For one attempt at one address.
    pub(super) timeout: Duration,
    pub(super) tls: Tls,
    /// All the rest: what is the same for each host.
    pub(super) config: Config,
}

/// One server to try.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Host {
    /// A host name, an IP address, or the folder of a unix socket. None: whatever answers on this machine.
    name: Option<String>,
    /// Spares the look-up of the name, which then serves to verify the certificate.
    pub(super) address: Option<IpAddr>,
    pub(super) port: u16,
}

impl ConnInfo {
    /// Takes a connection string apart, and looks whether the certificates it names can be read.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut given = Given::parse(text)?;
        let mut config = Config::new();

        let hosts = hosts(given.text("host"), given.text("hostaddr"), given.text("port"))?;
        if let Some(user) = given.text("user") {
            config.user(user);
        }
        if let Some(password) = given.text("password") {
            config.password(password);
        }
        if let Some(dbname) = given.text("dbname") {
            config.dbname(dbname);
        }
        if let Some(options) = given.text("options") {
            config.options(options);
        }
        config.application_name(given.text("application_name").unwrap_or_else(|| "pg-session".to_owned()));

        let timeout = match given.number("connect_timeout", "seconds")? {
            None => CONNECT_TIMEOUT,
            Some(0) => Duration::MAX,
            Some(seconds) => Duration::from_secs(seconds.into()),
        };
        keepalives(&mut given, &mut config)?;

        let any_or_writable = match hosts.len() {
            1 => TargetSessionAttrs::Any,
            _ => TargetSessionAttrs::ReadWrite,
        };
        let writable = TargetSessionAttrs::ReadWrite;
        let attrs = [("any", TargetSessionAttrs::Any), ("read-write", writable), ("primary", writable)];
        config.target_session_attrs(given.choice("target_session_attrs", &attrs)?.unwrap_or(any_or_writable));
        let shuffled = given.choice("load_balance_hosts", &[("disable", false), ("random", true)])?.unwrap_or(false);

        let binding = [
            ("disable", ChannelBinding::Disable),
            ("prefer", ChannelBinding::Prefer),
            ("require", ChannelBinding::Require),
        ];
        config.channel_binding(given.choice("channel_binding", &binding)?.unwrap_or(ChannelBinding::Prefer));
        let negotiation = [("postgres", SslNegotiation::Postgres), ("direct", SslNegotiation::Direct)];
        config.ssl_negotiation(given.choice("sslnegotiation", &negotiation)?.unwrap_or_default());
        let tls = Tls::new(&mut given, config.get_ssl_negotiation())?;

        what_holds_anyway(&mut given)?;
        given.refuse_the_rest()?;
        if hosts.iter().any(Host::is_remote) {
            tls.check()?;
        }
        Ok(Self { hosts, shuffled, timeout, tls, config })
    }
}

impl ConnInfo {
    /// Returns the settings that the connection string makes by its `options`.
    pub(crate) fn options(&self) -> Option<&str> {
        self.config.get_options()
    }
}

fn keepalives(given: &mut Given, config: &mut Config) -> Result<()> {
    config.keepalives(given.choice("keepalives", &[("0", false), ("1", true)])?.unwrap_or(true));
    let mut counted = |name, unit| Ok::<_, Error>(given.number(name, unit)?.filter(|number| *number > 0));
    if let Some(seconds) = counted("keepalives_idle", "seconds")? {
        config.keepalives_idle(Duration::from_secs(seconds.into()));
    }
    if let Some(seconds) = counted("keepalives_interval", "seconds")? {
        config.keepalives_interval(Duration::from_secs(seconds.into()));
    }
    if let Some(probes) = counted("keepalives_count", "probes")? {
        config.keepalives_retries(probes);
    }
    if let Some(milliseconds) = counted("tcp_user_timeout", "milliseconds")? {
        config.tcp_user_timeout(Duration::from_millis(milliseconds.into()));
    }
    Ok(())
}

/// Options that many strings carry, at the only value that this client has.
fn what_holds_anyway(given: &mut Given) -> Result<()> {
    given.choice("client_encoding", &[("UTF8", ()), ("utf8", ()), ("UTF-8", ()), ("utf-8", ()), ("auto", ())])?;
    given.choice("gssencmode", &[("disable", ()), ("prefer", ())])?;
    given.choice("sslsni", &[("1", ())])?;
    given.choice("sslcompression", &[("0", ())])?;
    Ok(())
}

/// Each of the three is a list; the manual tells how they go together under "Specifying Multiple Hosts".
fn hosts(names: Option<String>, addresses: Option<String>, ports: Option<String>) -> Result<Vec<Host>> {
    let both_given = names.is_some() && addresses.is_some();
    let names = list(names.as_deref(), "host", "host names or folders of sockets", |name| {
        (!name.contains('@')).then(|| name.to_owned())
    })?;
    let addresses = list(addresses.as_deref(), "hostaddr", "IP addresses", |address| address.parse().ok())?;
    let ports =
        list(ports.as_deref(), "port", "numbers from 1 to 65535", |port| port.parse().ok().filter(|port| *port > 0))?;

    let count = names.len().max(addresses.len());
    if both_given && names.len() != addresses.len() {
        return Err(misfit("hostaddr", "as many addresses as there are hosts"));
    }
    if ports.len() > 1 && ports.len() != count {
        return Err(misfit("port", "one port, or as many as there are hosts"));
    }
    let host = |n: usize| Host {
        name: names.get(n).cloned().flatten(),
        address: addresses.get(n).copied().flatten(),
        port: ports.get(n).or(ports.first()).copied().flatten().unwrap_or(DEFAULT_PORT),
    };
    Ok((0..count).map(host).collect())
}

/// The entries between commas; an empty one is none.
fn list<T>(text: Option<&str>, name: &str, takes: &str, read: impl Fn(&str) -> Option<T>) -> Result<Vec<Option<T>>> {
    let entry = |entry: &str| match entry {
        "" => Ok(None),
        entry => read(entry).map(Some).ok_or_else(|| misfit(name, takes)),
    };
    text.unwrap_or_default().split(',').map(entry).collect()
}

impl Host {
    /// Its name, or libpq's default where it has none: a socket if there is one now, else this machine.
    pub(super) fn name(&self) -> String {
        let socket = |folder: &&str| Path::new(folder).join(format!(".s.PGSQL.{}", self.port)).exists();
        match (&self.name, self.address) {
            (Some(name), _) => name.clone(),
            (None, Some(address)) => address.to_string(),
            (None, None) => SOCKET_FOLDERS.into_iter().find(socket).unwrap_or("localhost").to_owned(),
        }
    }

    /// Whether it is certainly reached over a network, so that the options of TLS matter.
    fn is_remote(&self) -> bool {
        self.address.is_some() || self.name.as_ref().is_some_and(|name| !name.starts_with('/'))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, port) = (self.name(), self.port);
        match name.parse::<Ipv6Addr>() {
            Ok(address) => write!(f, "[{address}]:{port}"),
            Err(_) => write!(f, "{name}:{port}"),
        }
    }
}

impl fmt::Debug for ConnInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnInfo").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn parse(text: &str) -> ConnInfo {
        ConnInfo::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn refused(text: &str) -> String {
        let error = ConnInfo::parse(text).err().unwrap_or_else(|| panic!("{text} was taken"));
        assert_eq!(error.kind(), ErrorKind::Configuration);
        error.to_string()
    }

    fn host(name: Option<&str>, address: Option<&str>, port: u16) -> Host {
        Host { name: name.map(str::to_owned), address: address.map(|text| text.parse().unwrap()), port }
    }

    #[test]
    fn defaults() {
        let info = parse("postgres://h");
        assert_eq!(info.hosts, [host(Some("h"), None, 5432)]);
        assert_eq!(info.timeout, Duration::from_secs(5));
        assert_eq!(info.config.get_application_name(), Some("pg-session"));
        assert_eq!(info.config.get_target_session_attrs(), TargetSessionAttrs::Any);
        assert_eq!(parse("postgres://a,b").config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!(parse("dbname=d").hosts, [host(None, None, 5432)]);
    }

    #[test]
    fn hosts_addresses_and_ports_go_together() {
        let (a, b) = (Some("a"), Some("b"));
        assert_eq!(parse("host=a,b port=1,2").hosts, [host(a, None, 1), host(b, None, 2)]);
        assert_eq!(parse("host=a,b port=1").hosts, [host(a, None, 1), host(b, None, 1)]);
        assert_eq!(parse("host=a,b port=,2").hosts, [host(a, None, 5432), host(b, None, 2)]);
        assert_eq!(parse("postgres://a:1,b").hosts, [host(a, None, 1), host(b, None, 5432)]);
        assert_eq!(parse("host=a,b hostaddr=10.0.0.1,").hosts, [host(a, Some("10.0.0.1"), 5432), host(b, None, 5432)]);
        let addresses = [host(None, Some("10.0.0.1"), 5432), host(None, Some("::1"), 5432)];
        assert_eq!(parse("hostaddr=10.0.0.1,::1").hosts, addresses);
        for text in ["host=a,b hostaddr=10.0.0.1", "host=a hostaddr=10.0.0.1,10.0.0.2", "host=a hostaddr=x"] {
            assert!(refused(text).contains("`hostaddr`"));
        }
        for text in ["host=a,b,c port=1,2", "host=a port=0", "host=a port=65536", "postgres://a:x", "postgres://[::1]x"]
        {
            assert!(refused(text).contains("`port`"));
        }
        assert!(refused("host=@abstract").contains("`host`"));
    }

    #[test]
    fn hosts_are_told_as_one_would_write_them() {
        for (text, told) in [("h", "h:5432"), ("[::1]:7", "[::1]:7"), ("%2Frun%2Fpg", "/run/pg:5432")] {
            assert_eq!(parse(&format!("postgres://{text}")).hosts[0].to_string(), told);
        }
    }

    #[test]
    fn every_option_is_taken_over() {
        let config = parse(
            "user=u password=p dbname=d options='-c a=b' application_name=n keepalives=0 keepalives_idle=1 \
             keepalives_interval=2 keepalives_count=3 tcp_user_timeout=4 target_session_attrs=primary \
             channel_binding=require sslnegotiation=direct sslmode=require host=h \
             client_encoding=UTF8 gssencmode=prefer sslsni=1 sslcompression=0",
        )
        .config;
        let mut expected = Config::new();
        expected
            .user("u")
            .password("p")
            .dbname("d")
            .options("-c a=b")
            .application_name("n")
            .keepalives(false)
            .keepalives_idle(Duration::from_secs(1))
            .keepalives_interval(Duration::from_secs(2))
            .keepalives_retries(3)
            .tcp_user_timeout(Duration::from_millis(4))
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .channel_binding(ChannelBinding::Require)
            .ssl_negotiation(SslNegotiation::Direct);
        assert!(config == expected, "{config:?}");

        assert!(parse("host=a,b load_balance_hosts=random").shuffled);
        assert_eq!(parse("host=h connect_timeout=2").timeout, Duration::from_secs(2));
        assert_eq!(parse("host=h connect_timeout=0").timeout, Duration::MAX);
        assert_eq!(parse("host=h connect_timeout=-1").timeout, Duration::MAX);
    }

    #[test]
    fn a_value_that_does_not_fit_is_not_quoted_but_what_does_fit_is() {
        for (option, fits) in [
            ("sslmode", "verify-full"),
            ("connect_timeout", "seconds"),
            ("tcp_user_timeout", "milliseconds"),
            ("keepalives", "0, 1"),
            ("keepalives_count", "probes"),
            ("target_session_attrs", "any, read-write, primary"),
            ("channel_binding", "require"),
            ("load_balance_hosts", "random"),
            ("sslnegotiation", "direct"),
            ("client_encoding", "UTF8"),
            ("gssencmode", "disable, prefer"),
            ("sslsni", "1"),
            ("sslcompression", "0"),
        ] {
            for value in ["secret", ""] {
                let error = refused(&format!("host=h {option}='{value}'"));
                assert!(error.contains(&format!("`{option}`")) && error.contains(fits), "{error}");
                assert!(!error.contains("secret"), "{error}");
            }
        }
        for value in ["read-only", "standby", "prefer-standby"] {
            assert!(refused(&format!("host=h target_session_attrs={value}")).contains("read-write"));
        }
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for (text, unknown, near) in [
            ("postgres://h/d?sslmod=require", "`sslmod`", "`sslmode`"),
            ("postgres://h/d?ssl=false", "`ssl`", "`ssl"),
            ("host=h pasword=secret", "`pasword`", "`password`"),
            ("host=h keepalives_retries=3", "`keepalives_retries`", "`keepalives_"),
            ("host=h sslcrl=f", "`sslcrl`", "`sslcert`"),
        ] {
            let error = refused(text);
            assert!(error.contains(unknown) && error.contains(near) && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn tls_options_that_contradict_or_are_not_there_are_errors() {
        for (options, told) in [
            ("sslmode=require sslrootcert=system", "verify-full"),
            ("sslmode=prefer sslnegotiation=direct", "require"),
            ("sslnegotiation=direct", "require"),
            ("sslcert=/nowhere/c.pem", "sslkey"),
            ("sslkey=/nowhere/k.pem", "sslcert"),
            ("sslcert=/nowhere/c.pem sslkey=/nowhere/k.pem", "`sslcert`"),
            ("sslmode=verify-full sslrootcert=/nowhere/ca.pem", "`sslrootcert`"),
        ] {
            let error = refused(&format!("host=h {options}"));
            assert!(error.contains(told) && !error.contains("nowhere"), "{error}");
        }
        // None of them matters on a socket.
        parse("host=/run/pg sslmode=verify-full sslrootcert=/nowhere/ca.pem sslcert=/nowhere/c sslkey=/nowhere/k");
    }

    #[test]
    fn debug_shows_no_secret() {
        let info = parse("postgres://u:secret@h/d?options=-c%20a%3Dsecret");
        assert!(!format!("{info:?}").contains("secret"));
    }
}
