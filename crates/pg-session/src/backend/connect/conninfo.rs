//! Where PostgreSQL is and how to log in: the connection strings of libpq.
//!
//! See "Connection Strings" and "Parameter Key Words" in the
//! [manual](https://www.postgresql.org/docs/current/libpq-connect.html).

use std::fmt;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, TargetSessionAttrs};

use super::host::Host;
use super::params::ConnParams;
use super::tls::TlsOptions;
use crate::error::{Error, Result};

/// libpq has no limit by default: a host that drops packets would then block a request for minutes.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection string, parsed once when the store is built.
pub(crate) struct ConnInfo {
    /// The hosts in the order in which they are tried. Never empty.
    pub(super) hosts: Vec<Host>,
    /// Whether hosts and addresses are tried in random order instead.
    pub(super) random_order: bool,
    /// The time limit of one attempt at one address.
    pub(super) timeout: Duration,
    pub(super) tls: TlsOptions,
    /// The options that are the same for each host.
    pub(super) config: Config,
}

impl ConnInfo {
    /// Parses a connection string, and checks that the certificates it names can be used.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut params = ConnParams::parse(text)?;
        let mut config = Config::new();

        let hosts = Host::from_params(&mut params)?;
        if let Some(user) = params.text("user") {
            config.user(user);
        }
        if let Some(password) = params.text("password") {
            config.password(password);
        }
        if let Some(dbname) = params.text("dbname") {
            config.dbname(dbname);
        }
        if let Some(options) = params.text("options") {
            config.options(options);
        }
        config.application_name(params.text("application_name").unwrap_or_else(|| "pg-session".to_owned()));

        let timeout = match params.number("connect_timeout", "seconds")? {
            None => CONNECT_TIMEOUT,
            Some(0) => Duration::MAX,
            Some(seconds) => Duration::from_secs(seconds.into()),
        };
        keepalives(&mut params, &mut config)?;

        let default_attrs = match hosts.len() {
            1 => TargetSessionAttrs::Any,
            _ => TargetSessionAttrs::ReadWrite,
        };
        let writable = TargetSessionAttrs::ReadWrite;
        let attrs = [("any", TargetSessionAttrs::Any), ("read-write", writable), ("primary", writable)];
        config.target_session_attrs(params.choice("target_session_attrs", &attrs)?.unwrap_or(default_attrs));
        let random_order =
            params.choice("load_balance_hosts", &[("disable", false), ("random", true)])?.unwrap_or(false);

        let binding = [
            ("disable", ChannelBinding::Disable),
            ("prefer", ChannelBinding::Prefer),
            ("require", ChannelBinding::Require),
        ];
        config.channel_binding(params.choice("channel_binding", &binding)?.unwrap_or(ChannelBinding::Prefer));
        let tls = TlsOptions::from_params(&mut params)?;

        fixed_options(&mut params)?;
        params.reject_unknown()?;
        if hosts.iter().any(Host::is_remote) {
            tls.check()?;
        }
        Ok(Self { hosts, random_order, timeout, tls, config })
    }

    /// Returns the settings that the connection string sets in its `options`.
    pub(crate) fn has_several_hosts(&self) -> bool {
        self.hosts.len() > 1
    }

    pub(crate) fn options(&self) -> Option<&str> {
        self.config.get_options()
    }
}

fn keepalives(params: &mut ConnParams, config: &mut Config) -> Result<()> {
    config.keepalives(params.choice("keepalives", &[("0", false), ("1", true)])?.unwrap_or(true));
    let mut positive = |name, unit| Ok::<_, Error>(params.number(name, unit)?.filter(|number| *number > 0));
    if let Some(seconds) = positive("keepalives_idle", "seconds")? {
        config.keepalives_idle(Duration::from_secs(seconds.into()));
    }
    if let Some(seconds) = positive("keepalives_interval", "seconds")? {
        config.keepalives_interval(Duration::from_secs(seconds.into()));
    }
    if let Some(probes) = positive("keepalives_count", "probes")? {
        config.keepalives_retries(probes);
    }
    if let Some(milliseconds) = positive("tcp_user_timeout", "milliseconds")? {
        config.tcp_user_timeout(Duration::from_millis(milliseconds.into()));
    }
    Ok(())
}

/// Accepts common options at the only value that this client supports.
fn fixed_options(params: &mut ConnParams) -> Result<()> {
    params.choice("client_encoding", &[("UTF8", ()), ("utf8", ()), ("UTF-8", ()), ("utf-8", ()), ("auto", ())])?;
    params.choice("gssencmode", &[("disable", ()), ("prefer", ())])?;
    params.choice("sslsni", &[("1", ())])?;
    params.choice("sslcompression", &[("0", ())])?;
    Ok(())
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
        let error = ConnInfo::parse(text).err().unwrap_or_else(|| panic!("{text} was accepted"));
        assert_eq!(error.kind(), ErrorKind::Configuration);
        error.to_string()
    }

    #[test]
    fn defaults() {
        let info = parse("postgres://h");
        assert_eq!(info.timeout, Duration::from_secs(5));
        assert_eq!(info.config.get_application_name(), Some("pg-session"));
        assert_eq!(info.config.get_target_session_attrs(), TargetSessionAttrs::Any);
        assert_eq!(parse("postgres://a,b").config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
    }

    #[test]
    fn every_option_is_used() {
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
            .channel_binding(ChannelBinding::Require);
        assert!(config == expected, "{config:?}");

        assert!(parse("host=a,b load_balance_hosts=random").random_order);
        assert_eq!(parse("host=h connect_timeout=2").timeout, Duration::from_secs(2));
        assert_eq!(parse("host=h connect_timeout=0").timeout, Duration::MAX);
        assert_eq!(parse("host=h connect_timeout=-1").timeout, Duration::MAX);
    }

    #[test]
    fn an_invalid_value_is_not_quoted_but_the_valid_ones_are() {
        for (option, valid) in [
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
                assert!(error.contains(&format!("`{option}`")) && error.contains(valid), "{error}");
                assert!(!error.contains("secret"), "{error}");
            }
        }
        for value in ["read-only", "standby", "prefer-standby"] {
            assert!(refused(&format!("host=h target_session_attrs={value}")).contains("read-write"));
        }
    }

    #[test]
    fn an_unknown_option_is_an_error() {
        for (text, unknown, similar) in [
            ("postgres://h/d?sslmod=require", "`sslmod`", "`sslmode`"),
            ("postgres://h/d?ssl=false", "`ssl`", "did you mean `ssl"),
            ("host=h pasword=secret", "`pasword`", "`password`"),
            ("host=h keepalives_retries=3", "`keepalives_retries`", "`keepalives_"),
            ("host=h sslcrl=f", "`sslcrl`", "`sslcert`"),
        ] {
            let error = refused(text);
            assert!(error.contains(unknown) && error.contains(similar) && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn tls_options_that_contradict_or_name_missing_files_are_errors() {
        for (options, expected) in [
            ("sslmode=require sslrootcert=system", "verify-full"),
            ("sslmode=prefer sslnegotiation=direct", "require"),
            ("sslnegotiation=direct", "require"),
            ("sslcert=/nowhere/c.pem", "sslkey"),
            ("sslkey=/nowhere/k.pem", "sslcert"),
            ("sslcert=/nowhere/c.pem sslkey=/nowhere/k.pem", "`sslcert`"),
            ("sslmode=verify-full sslrootcert=/nowhere/ca.pem", "`sslrootcert`"),
        ] {
            let error = refused(&format!("host=h {options}"));
            assert!(error.contains(expected) && !error.contains("nowhere"), "{error}");
        }
        // None of them applies to a Unix socket.
        parse("host=/run/pg sslmode=verify-full sslrootcert=/nowhere/ca.pem sslcert=/nowhere/c sslkey=/nowhere/k");
    }

    #[test]
    fn debug_shows_no_secret() {
        let info = parse("postgres://u:secret@h/d?options=-c%20a%3Dsecret");
        assert!(!format!("{info:?}").contains("secret"));
    }
}
