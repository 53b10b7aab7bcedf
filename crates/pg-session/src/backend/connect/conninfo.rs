//! Where PostgreSQL is and how to log in: the connection strings of libpq.
//!
//! See "Connection Strings" and "Parameter Key Words" in the
//! [manual](https://www.postgresql.org/docs/current/libpq-connect.html).

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, TargetSessionAttrs};

use super::environment::Environment;
use super::host::Host;
use super::params::ConnParams;
use super::require_auth::AllowedAuth;
use super::tls::TlsOptions;
use crate::backend::password::PasswordSource;
use crate::error::{Error, Result};

/// libpq has no limit by default: a host that drops packets would then block a request for minutes.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What is not acknowledged for twice the time limit of a call has no caller any more. At least this long.
const LEAST_USER_TIMEOUT: Duration = Duration::from_secs(10);

/// Linux takes the milliseconds as a signed number of 32 bits.
const MOST_USER_TIMEOUT: Duration = Duration::from_millis(i32::MAX as u64);

/// A connection string, parsed once when the store is built.
pub(crate) struct ConnInfo {
    /// The hosts in the order in which they are tried. Never empty.
    pub(super) hosts: Vec<Host>,
    /// Whether hosts and addresses are tried in random order instead.
    pub(super) random_order: bool,
    /// The host to which the last connection was opened, and its address if it has one. Tried first.
    pub(super) last_good: Mutex<Option<(usize, Option<SocketAddr>)>>,
    /// The time limit of one attempt at one address.
    pub(super) timeout: Duration,
    pub(super) tls: TlsOptions,
    /// Whether a warning has told of connections without TLS.
    pub(super) warned_of_plain: AtomicBool,
    pub(super) allowed_auth: Option<AllowedAuth>,
    /// Whether the connection string says that a transaction pooler is in between.
    pub(crate) behind_pooler: bool,
    /// Makes the password of each login, in place of the one in `config`.
    pub(crate) password: Option<PasswordSource>,
    /// Contains the password if there is no other.
    pub(super) passfile: Option<PathBuf>,
    /// The settings of the connection string.
    pub(super) options: Option<String>,
    /// Whether it says how long sent data may stay unacknowledged.
    has_user_timeout: bool,
    /// What is the same for each host, except those settings.
    pub(super) config: Config,
}

impl ConnInfo {
    /// Parses a connection string, and checks that the certificates it names can be used. What it leaves out comes from the
    /// environment.
    pub(crate) fn parse(text: &str, environment: Environment<'_>) -> Result<Self> {
        let mut params = ConnParams::parse(text, environment)?;
        let home = environment.home();
        let mut config = Config::new();

        let hosts = Host::from_params(&mut params)?;
        // As in libpq, the user of the operating system.
        let user = params.text("user").or_else(|| whoami::username().ok());
        if let Some(user) = user {
            config.user(user);
        }
        if let Some(password) = params.text("password") {
            config.password(password);
        }
        if let Some(dbname) = params.text("dbname") {
            config.dbname(dbname);
        }
        let options = params.text("options");
        let passfile = params.text("passfile").map(PathBuf::from);
        let fallback_name = params.text("fallback_application_name").unwrap_or_else(|| "pg-session".to_owned());
        config.application_name(params.text("application_name").unwrap_or(fallback_name));

        let timeout = match params.number("connect_timeout", "seconds")? {
            None => CONNECT_TIMEOUT,
            Some(0) => Duration::MAX,
            Some(seconds) => Duration::from_secs(seconds.into()),
        };
        let has_user_timeout = keepalives(&mut params, &mut config)?;

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
        let binding = params.choice("channel_binding", &binding)?.unwrap_or(ChannelBinding::Prefer);
        config.channel_binding(binding);
        let tls = TlsOptions::from_params(&mut params, home.as_deref(), binding == ChannelBinding::Require)?;
        let allowed_auth = AllowedAuth::from_params(&mut params)?;

        fixed_options(&mut params)?;
        let behind_pooler = params.choice("pgbouncer", &[("true", true), ("false", false)])?.unwrap_or(false);
        if hosts.iter().any(Host::is_remote) {
            tls.check()?;
        }
        Ok(Self {
            hosts,
            random_order,
            last_good: Mutex::default(),
            timeout,
            tls,
            warned_of_plain: AtomicBool::new(false),
            allowed_auth,
            behind_pooler,
            password: None,
            options,
            has_user_timeout,
            passfile: passfile.or_else(|| home.map(|home| home.join(".pgpass"))),
            config,
        })
    }

    /// Returns whether there is more than one host.
    pub(crate) fn has_several_hosts(&self) -> bool {
        self.hosts.len() > 1
    }

    /// Lets sent data stay unacknowledged as long as calls of this time limit need, unless the connection string says how long.
    pub(crate) fn suit_calls_of(&mut self, timeout: Duration) {
        if !self.has_user_timeout {
            self.config.tcp_user_timeout(timeout.saturating_mul(2).clamp(LEAST_USER_TIMEOUT, MOST_USER_TIMEOUT));
        }
    }

    /// Returns the settings that the connection string sets in its `options`.
    pub(crate) fn options(&self) -> Option<&str> {
        self.options.as_deref()
    }
}

/// Takes the options of TCP. Returns whether they have a limit for unacknowledged data.
///
/// By default, the system probes a connection that has been idle for a minute, because firewalls and NAT forget it after a few
/// (Azure and AWS after 4 to 6 minutes), and gives it up after three probes.
fn keepalives(params: &mut ConnParams, config: &mut Config) -> Result<bool> {
    config.keepalives(params.choice("keepalives", &[("0", false), ("1", true)])?.unwrap_or(true));
    // As in libpq, 0 means the default of the system.
    let mut number =
        |name, unit, default| Ok::<_, Error>(Some(params.number(name, unit)?.unwrap_or(default)).filter(|n| *n > 0));
    if let Some(seconds) = number("keepalives_idle", "seconds", 60)? {
        config.keepalives_idle(Duration::from_secs(seconds.into()));
    }
    if let Some(seconds) = number("keepalives_interval", "seconds", 10)? {
        config.keepalives_interval(Duration::from_secs(seconds.into()));
    }
    if let Some(probes) = number("keepalives_count", "probes", 3)? {
        config.keepalives_retries(probes);
    }
    let user_timeout = params.number("tcp_user_timeout", "milliseconds")?;
    if let Some(milliseconds) = user_timeout.filter(|milliseconds| *milliseconds > 0) {
        config.tcp_user_timeout(Duration::from_millis(milliseconds.into()));
    }
    Ok(user_timeout.is_some())
}

/// Accepts common options at the only values that this client supports.
fn fixed_options(params: &mut ConnParams) -> Result<()> {
    params.choice("client_encoding", &["UTF8", "utf8", "UTF-8", "utf-8", "auto"].map(|name| (name, ())))?;
    params.choice("gssencmode", &[("disable", ()), ("prefer", ())])?;
    params.choice("sslcompression", &[("0", ())])?;
    params.choice("min_protocol_version", &[("3.0", ())])?;
    params.choice("max_protocol_version", &[("3.0", ()), ("3.2", ()), ("latest", ())])?;
    Ok(())
}

impl fmt::Debug for ConnInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnInfo").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn parsed(text: &str) -> Result<ConnInfo> {
        ConnInfo::parse(text, Environment::new(&|_| None))
    }

    fn parse(text: &str) -> ConnInfo {
        parsed(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn refused(text: &str) -> String {
        let error = parsed(text).err().unwrap_or_else(|| panic!("{text} was accepted"));
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
        let info = parse(
            "user=u password=p dbname=d options='-c a=b' application_name=n keepalives=0 keepalives_idle=1 \
             keepalives_interval=2 keepalives_count=3 tcp_user_timeout=4 target_session_attrs=primary \
             channel_binding=require sslnegotiation=direct sslmode=require host=h \
             client_encoding=UTF8 gssencmode=prefer sslsni=1 sslcompression=0 max_protocol_version=3.2",
        );
        assert_eq!(info.options(), Some("-c a=b"));
        let mut expected = Config::new();
        expected
            .user("u")
            .password("p")
            .dbname("d")
            .application_name("n")
            .keepalives(false)
            .keepalives_idle(Duration::from_secs(1))
            .keepalives_interval(Duration::from_secs(2))
            .keepalives_retries(3)
            .tcp_user_timeout(Duration::from_millis(4))
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .channel_binding(ChannelBinding::Require);
        assert!(info.config == expected, "{:?}", info.config);

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
            ("sslsni", "0, 1"),
            ("ssl_min_protocol_version", "TLSv1.2"),
            ("ssl_max_protocol_version", "TLSv1.3"),
            ("sslcertmode", "allow"),
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
        for (text, similar) in [
            ("postgres://h/d?sslmod=require", "`sslmode`"),
            ("host=h pasword=secret", "`password`"),
            ("host=h conect_timeout=secret", "`connect_timeout`"),
            ("host=h nothing=secret", "docs/connection-strings.md"),
        ] {
            let error = refused(text);
            assert!(
                error.contains("unknown option") && error.contains(similar) && !error.contains("secret"),
                "{error}"
            );
        }
    }

    #[test]
    fn the_defaults_of_tcp_find_dead_connections() {
        let config = parse("host=h").config;
        assert!(config.get_keepalives());
        assert_eq!(config.get_keepalives_idle(), Duration::from_secs(60));
        let user_timeout = |text, limit| {
            let mut info = parse(text);
            info.suit_calls_of(Duration::from_secs(limit));
            info.config.get_tcp_user_timeout().copied()
        };
        assert_eq!(user_timeout("host=h", 2), Some(Duration::from_secs(10)));
        assert_eq!(user_timeout("host=h", 60), Some(Duration::from_secs(120)));
        assert_eq!(user_timeout("host=h tcp_user_timeout=3000", 60), Some(Duration::from_secs(3)));
        assert_eq!(user_timeout("host=h tcp_user_timeout=0", 60), None);
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

    /// Where a secret may stand, also by mistake.
    const PLACES: [&str; 36] = [
        "{}",
        "{}://h/d",
        "postgres://{}",
        "postgres://{}:p@h/d",
        "postgres://u:{}@h/d",
        "postgres://u:{}@h:5432,i:5433/d?sslmode=require",
        "postgres://u:{}",
        "postgres://u:p@{}/d",
        "postgres://u:p@h:{}/d",
        "postgres://u:p@h/{}",
        "postgres://u:p@h/d?{}",
        "postgres://u:p@h/d?{}=x",
        "postgres://u:p@h/d?password={}",
        "postgres://u:p@h/d?password={}&sslmode=require",
        "postgres://u:p@h/d?sslmode={}",
        "postgres://u:p@h/d?sslpassword={}",
        "postgres://u:p@h/d?schema={}",
        "jdbc:postgresql://h/d?password={}&ssl=true",
        "socket:{}",
        "/run/pg {}",
        "psql {}",
        "host=h password={}",
        "host=h password={} user=u",
        "host=h password='{}'",
        "password={} host=h",
        "host={}",
        "host=h hostaddr={}",
        "host=h port={}",
        "host=h {}=x",
        "host=h options='{}'",
        "host=h connect_timeout={}",
        "host=h statement_timeout={}",
        "host=h require_auth={}",
        "host=h sslrootcert={} sslmode=verify-full",
        "host=h sslcert={} sslkey={}",
        "service={}",
    ];

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

        /// A secret of three pieces, with what separates values, or quotes them, between the pieces.
        #[test]
        fn no_error_or_debug_quotes_a_piece_of_a_value(
            place in proptest::sample::select(&PLACES[..]),
            separators in proptest::collection::vec(proptest::sample::select(&["", " ", "@", "/", "?", "#", "%", "&", "=",
                ":", "'", "\"", "\\", ",", "[", "]", "%00", "%ff", "\n", "://", " password=", "?sslmod=", "&pasword="][..]), 4),
        ) {
            let [a, b, c, d] = [0, 1, 2, 3].map(|index: usize| separators[index]);
            let secret = format!("{a}zq1{b}zq2{c}zq3{d}");
            let text = match parsed(&place.replace("{}", &secret)) {
                Ok(info) => format!("{info:?}"),
                Err(error) => format!("{error} {error:?} {:?}", std::error::Error::source(&error)),
            };
            proptest::prop_assert!(!text.contains("zq"), "{place} {secret}: {text}");
        }
    }
}
