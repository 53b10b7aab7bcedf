use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::Error;

/// How to reach a server, as its superuser or as another role.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) socket_dir: PathBuf,
    pub(crate) user: String,
    pub(crate) password: String,
}

impl Address {
    /// `postgres://user:password@host:port/database`.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.url_as(&self.user, &self.password, database)
    }

    /// Like [`url`](Self::url), as another role.
    #[must_use]
    pub fn url_as(&self, role: &str, password: &str, database: &str) -> String {
        url(role, password, &self.host, self.port, database)
    }

    /// Like [`url`](Self::url), through the unix socket: its folder stands, encoded, where a URL
    /// has the host.
    #[must_use]
    pub fn socket_url(&self, database: &str) -> String {
        let folder = encode(&self.socket_dir.to_string_lossy());
        url(&self.user, &self.password, &folder, self.port, database)
    }

    /// The IP address that the server listens on.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port, which is in the name of the unix socket too.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of the unix socket.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The superuser.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The superuser's password.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Everything in one line, which [`parse`](Self::parse) reads again in another process.
    pub(crate) fn to_line(&self) -> String {
        let folder = encode(&self.socket_dir.to_string_lossy());
        format!("{}?socket_dir={folder}", self.url("postgres"))
    }

    pub(crate) fn parse(line: &str) -> Result<Self, Error> {
        Self::parts(line).ok_or(Error::SharedAddress)
    }

    fn parts(line: &str) -> Option<Self> {
        let (credentials, rest) = line.strip_prefix("postgres://")?.split_once('@')?;
        let (user, password) = credentials.split_once(':')?;
        let (place, query) = rest.split_once("/postgres?")?;
        let (host, port) = place.rsplit_once(':')?;
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
    fn a_line_is_read_as_it_was_written() {
        assert_eq!(Address::parse(&address().to_line()).unwrap(), address());
    }

    #[test]
    fn urls_carry_any_text() {
        assert_eq!(
            address().url("Größe/1"),
            "postgres://postgres:p%40ss%3Aw%2F%C3%B6r%25d%3F@127.0.0.1:5433/Gr%C3%B6%C3%9Fe%2F1"
        );
        assert!(address().socket_url("db").ends_with("@%2Ftmp%2Fa%20b:5433/db"));
    }

    #[test]
    fn a_line_that_is_no_address_is_refused() {
        for line in ["", "postgres://localhost/postgres", "postgres://u:%zz@h:1/postgres?socket_dir=/"] {
            assert!(matches!(Address::parse(line), Err(Error::SharedAddress)), "{line}");
        }
    }
}
