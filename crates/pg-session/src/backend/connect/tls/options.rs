//! What a connection string says about TLS.

use std::path::{Path, PathBuf};

use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};

use crate::backend::connect::params::{ConnParams, invalid_option};
use crate::error::{Error, Result};

/// libpq's `sslmode`, and `no-verify` of node-postgres; later variants are stricter.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) enum SslMode {
    Disable,
    Allow,
    Prefer,
    NoVerify,
    Require,
    VerifyCa,
    VerifyFull,
}

/// How one attempt uses TLS.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum SslAttempt {
    Plain,
    /// Continues without TLS if the server declines it.
    TlsIfOffered,
    Tls,
}

/// The TLS options of a connection string.
#[derive(Clone)]
pub(crate) struct TlsOptions {
    pub(super) mode: SslMode,
    pub(super) roots: Roots,
    /// The files of revocation lists, and folders of them.
    pub(super) revoked: Vec<RevocationLists>,
    pub(super) identity: Option<Identity>,
    /// Whether the handshake begins at once, without an SSLRequest.
    pub(super) is_direct: bool,
    pub(super) sends_name: bool,
    pub(super) versions: Vec<&'static SupportedProtocolVersion>,
    /// Whether the server must prove that it owns its certificate, even if nobody verifies that.
    pub(super) must_own: bool,
}

#[derive(Clone)]
pub(super) enum Roots {
    System,
    File(PathBuf),
    /// `~/.postgresql/root.crt`, if it exists when a connection is opened.
    Default(Option<PathBuf>),
}

#[derive(Clone)]
pub(super) enum RevocationLists {
    File(PathBuf),
    Folder(PathBuf),
    /// `~/.postgresql/root.crl`, if it exists when a connection is opened.
    Default(PathBuf),
}

/// The client's certificate chain and its key.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) certificates: PathBuf,
    pub(super) key: PathBuf,
}

const MODES: [(&str, SslMode); 7] = [
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("prefer", SslMode::Prefer),
    ("no-verify", SslMode::NoVerify),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

impl TlsOptions {
    /// Takes the options about TLS.
    pub(crate) fn from_params(params: &mut ConnParams, home: Option<&Path>, must_own: bool) -> Result<Self> {
        use SslMode::{NoVerify, Prefer, Require, VerifyFull};
        let is_direct = params.choice("sslnegotiation", &[("postgres", false), ("direct", true)])?.unwrap_or(false);
        let mode = params.choice("sslmode", &MODES)?;
        let in_home = |file: &str| home.map(|home| home.join(".postgresql").join(file));
        let roots = match params.text("sslrootcert") {
            Some(root) if root == "system" => Roots::System,
            Some(file) => Roots::File(file.into()),
            None => Roots::Default(in_home("root.crt")),
        };
        let mode = match (mode, &roots) {
            (None | Some(VerifyFull), Roots::System) => VerifyFull,
            (Some(_), Roots::System) => return Err(invalid_option("sslmode", "verify-full with sslrootcert=system")),
            (mode, _) => mode.unwrap_or(Prefer),
        };
        if is_direct && mode < NoVerify {
            let expected = "require, verify-ca or verify-full with sslnegotiation=direct";
            return Err(invalid_option("sslmode", expected));
        }
        if mode < Require && matches!(roots, Roots::File(_)) {
            tracing::warn!(
                "`sslrootcert` in the connection string has no effect, because this sslmode verifies nothing; \
                 set sslmode=verify-full"
            );
        }
        let lists = [
            params.text("sslcrl").map(|file| RevocationLists::File(file.into())),
            params.text("sslcrldir").map(|folder| RevocationLists::Folder(folder.into())),
        ];
        let mut revoked: Vec<_> = lists.into_iter().flatten().collect();
        if revoked.is_empty() {
            revoked.extend(in_home("root.crl").map(RevocationLists::Default));
        }
        let identity = match (params.text("sslcert"), params.text("sslkey")) {
            (Some(certificates), Some(key)) => Some(Identity { certificates: certificates.into(), key: key.into() }),
            (None, None) => None,
            _ => return Err(Error::configuration("set both sslcert and sslkey in the connection string, or neither")),
        };
        let sends_identity = params.choice("sslcertmode", &[("disable", false), ("allow", true)])?.unwrap_or(true);
        Ok(Self {
            mode,
            roots,
            revoked,
            identity: identity.filter(|_| sends_identity),
            is_direct,
            sends_name: params.choice("sslsni", &[("0", false), ("1", true)])?.unwrap_or(true),
            versions: versions(params)?,
            must_own,
        })
    }

    /// Returns the first attempt, and the one to make if the server refuses the first.
    pub(crate) fn attempts(&self) -> (SslAttempt, Option<SslAttempt>) {
        match self.mode {
            SslMode::Disable => (SslAttempt::Plain, None),
            SslMode::Allow => (SslAttempt::Plain, Some(SslAttempt::Tls)),
            SslMode::Prefer => (SslAttempt::TlsIfOffered, Some(SslAttempt::Plain)),
            _ => (SslAttempt::Tls, None),
        }
    }
}

/// Takes the range of versions. rustls supports no version before 1.2.
fn versions(params: &mut ConnParams) -> Result<Vec<&'static SupportedProtocolVersion>> {
    let least = params
        .choice("ssl_min_protocol_version", &[("TLSv1", 12), ("TLSv1.1", 12), ("TLSv1.2", 12), ("TLSv1.3", 13)])?;
    let most = params.choice("ssl_max_protocol_version", &[("TLSv1.2", 12), ("TLSv1.3", 13)])?;
    let range = least.unwrap_or(12)..=most.unwrap_or(13);
    if range.is_empty() {
        return Err(invalid_option("ssl_min_protocol_version", "at most ssl_max_protocol_version"));
    }
    Ok([(13, &TLS13), (12, &TLS12)]
        .into_iter()
        .filter(|(n, _)| range.contains(n))
        .map(|(_, version)| version)
        .collect())
}
