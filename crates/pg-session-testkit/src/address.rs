use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The address of a server, with the credentials of its superuser.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) socket_dir: PathBuf,
    pub(crate) user: String,
    pub(crate) password: String,
}

impl Address {
    /// Returns the superuser's URL: `postgres://user:password@host:port/database`.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.url_as(&self.user, &self.password, database)
    }

    /// Returns the URL for another role.
    #[must_use]
    pub fn url_as(&self, role: &str, password: &str, database: &str) -> String {
        url(role, password, &self.host, self.port, database)
    }

    /// Returns the superuser's URL for the Unix socket. The percent-encoded folder of the socket takes the place of the
    /// host.
    #[must_use]
    pub fn socket_url(&self, database: &str) -> String {
        let folder = encode(&self.socket_dir.to_string_lossy());
        url(&self.user, &self.password, &folder, self.port, database)
    }

    /// Returns the IP address of the server.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the TCP port, which is also part of the Unix socket's name.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the folder of the Unix socket.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// Returns the superuser's name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns the superuser's password.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Writes the address as one line. Another process reads it with [`parse`](Self::parse).
    pub(crate) fn to_line(&self) -> String {
        let folder = encode(&self.socket_dir.to_string_lossy());
        format!("{}?socket_dir={folder}", self.url("postgres"))
    }

    pub(crate) fn parse(line: &str) -> Result<Self, Error> {
        Self::parse_parts(line).ok_or(Error::InvalidSharedServer)
    }

    fn parse_parts(line: &str) -> Option<Self> {
        let (credentials, rest) = line.strip_prefix("postgres://")?.split_once('@')?;
        let (user, password) = credentials.split_once(':')?;
        let (endpoint, query) = rest.split_once("/postgres?")?;
        let (host, port) = endpoint.rsplit_once(':')?;
        Some(Self {
            host: host.to_owned(),
            port: port.parse().ok()?,
            socket_dir: decode(query.strip_prefix("socket_dir=")?)?.into(),
            user: decode(user)?,
            password: decode(password)?,
        })
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

fn url(role: &str, password: &str, host: &str, port: u16, database: &str) -> String {
    let (role, password, database) = (encode(role), encode(password), encode(database));
    format!("postgres://{role}:{password}@{host}:{port}/{database}")
}

fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn decode(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Address {
        Address {
            host: "127.0.0.1".into(),
            port: 5433,
            socket_dir: "/tmp/a b".into(),
            user: "postgres".into(),
            password: "p@ss:w/ör%d?".into(),
        }
    }

    #[test]
    fn parse_reads_what_to_line_writes() {
        assert_eq!(Address::parse(&address().to_line()).unwrap(), address());
    }

    #[test]
    fn urls_are_percent_encoded() {
        assert_eq!(
            address().url("Größe/1"),
            "postgres://postgres:p%40ss%3Aw%2F%C3%B6r%25d%3F@127.0.0.1:5433/Gr%C3%B6%C3%9Fe%2F1"
        );
        assert!(address().socket_url("db").ends_with("@%2Ftmp%2Fa%20b:5433/db"));
    }

    #[test]
    fn a_malformed_line_is_an_error() {
        for line in ["", "postgres://localhost/postgres", "postgres://u:%zz@h:1/postgres?socket_dir=/"] {
            assert!(matches!(Address::parse(line), Err(Error::InvalidSharedServer)), "{line}");
        }
    }
}
