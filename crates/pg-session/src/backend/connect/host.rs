//! The hosts of a connection string.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;

use super::params::{ConnParams, invalid_option};
use crate::error::Result;

const DEFAULT_PORT: u16 = 5432;

/// Where libpq looks for a socket when no host is given: the directory of the Linux packages, and PostgreSQL's own.
const SOCKET_DIRS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// One server to try.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Host {
    /// A host name, an IP address, or the directory of a Unix socket. If `None`, the server is on this machine.
    name: Option<String>,
    /// Replaces the lookup of the name. TLS still verifies the name.
    pub(super) address: Option<IpAddr>,
    pub(super) port: u16,
}

impl Host {
    /// Returns the hosts in the order of the connection string. There is always at least one.
    ///
    /// The lists `host`, `hostaddr` and `port` combine as the manual describes under "Specifying Multiple Hosts".
    pub(super) fn from_params(params: &mut ConnParams) -> Result<Vec<Self>> {
        let (names, addresses) = (params.text("host"), params.text("hostaddr"));
        let both_given = names.is_some() && addresses.is_some();
        let names = list(names.as_deref(), "host", "host names or directories of sockets", |name| {
            (!name.contains('@')).then(|| name.to_owned())
        })?;
        let addresses = list(addresses.as_deref(), "hostaddr", "IP addresses", |address| address.parse().ok())?;
        let ports = list(params.text("port").as_deref(), "port", "numbers from 1 to 65535", |port| {
            port.parse().ok().filter(|port| *port > 0)
        })?;

        let count = names.len().max(addresses.len());
        if both_given && names.len() != addresses.len() {
            return Err(invalid_option("hostaddr", "as many addresses as hosts"));
        }
        if ports.len() > 1 && ports.len() != count {
            return Err(invalid_option("port", "one port, or as many as hosts"));
        }
        let host = |n: usize| Self {
            name: names.get(n).cloned().flatten(),
            address: addresses.get(n).copied().flatten(),
            port: ports.get(n).or(ports.first()).copied().flatten().unwrap_or(DEFAULT_PORT),
        };
        Ok((0..count).map(host).collect())
    }

    /// Returns the name, or libpq's default: the directory of a socket that exists now, else localhost.
    pub(super) fn name(&self) -> String {
        let socket = |dir: &&str| Path::new(dir).join(self.socket_file()).exists();
        match (&self.name, self.address) {
            (Some(name), _) => name.clone(),
            (None, Some(address)) => address.to_string(),
            (None, None) => SOCKET_DIRS.into_iter().find(socket).unwrap_or("localhost").to_owned(),
        }
    }

    /// Returns the name by which the password file knows the host.
    pub(super) fn name_in_passfile(&self) -> String {
        match (&self.name, self.address) {
            (None, None) => "localhost".to_owned(),
            (Some(name), _) if SOCKET_DIRS.contains(&name.as_str()) => "localhost".to_owned(),
            _ => self.name(),
        }
    }

    /// Returns the file name of the server's Unix socket.
    pub(super) fn socket_file(&self) -> String {
        format!(".s.PGSQL.{}", self.port)
    }

    /// Returns whether the host is certainly reached over TCP, so that the TLS options apply.
    pub(super) fn is_remote(&self) -> bool {
        self.address.is_some() || self.name.as_ref().is_some_and(|name| !name.starts_with('/'))
    }
}

/// Splits a list at its commas; an empty entry is `None`.
fn list<T>(text: Option<&str>, name: &str, expected: &str, read: impl Fn(&str) -> Option<T>) -> Result<Vec<Option<T>>> {
    let entry = |entry: &str| match entry {
        "" => Ok(None),
        entry => read(entry).map(Some).ok_or_else(|| invalid_option(name, expected)),
    };
    text.unwrap_or_default().split(',').map(entry).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::connect::environment::Environment;

    fn hosts(text: &str) -> Result<Vec<Host>> {
        Host::from_params(&mut ConnParams::parse(text, Environment::new(&|_| None))?)
    }

    fn host(name: Option<&str>, address: Option<&str>, port: u16) -> Host {
        Host { name: name.map(str::to_owned), address: address.map(|text| text.parse().unwrap()), port }
    }

    #[test]
    fn hosts_addresses_and_ports_combine() {
        let (a, b) = (Some("a"), Some("b"));
        for (text, expected) in [
            ("dbname=d", vec![host(None, None, 5432)]),
            ("postgres://a", vec![host(a, None, 5432)]),
            ("host=a,b port=1,2", vec![host(a, None, 1), host(b, None, 2)]),
            ("host=a,b port=1", vec![host(a, None, 1), host(b, None, 1)]),
            ("host=a,b port=,2", vec![host(a, None, 5432), host(b, None, 2)]),
            ("postgres://a:1,b", vec![host(a, None, 1), host(b, None, 5432)]),
            ("host=a,b hostaddr=10.0.0.1,", vec![host(a, Some("10.0.0.1"), 5432), host(b, None, 5432)]),
            ("hostaddr=10.0.0.1,::1", vec![host(None, Some("10.0.0.1"), 5432), host(None, Some("::1"), 5432)]),
        ] {
            assert_eq!(hosts(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn lists_that_do_not_combine_are_refused() {
        for (text, option) in [
            ("host=a,b hostaddr=10.0.0.1", "`hostaddr`"),
            ("host=a hostaddr=10.0.0.1,10.0.0.2", "`hostaddr`"),
            ("host=a hostaddr=x", "`hostaddr`"),
            ("host=a,b,c port=1,2", "`port`"),
            ("host=a port=0", "`port`"),
            ("host=a port=65536", "`port`"),
            ("postgres://a:x", "`port`"),
            ("postgres://[::1]x", "`port`"),
            ("host=@abstract", "`host`"),
        ] {
            let error = hosts(text).unwrap_err().to_string();
            assert!(error.contains(option), "{text}: {error}");
        }
    }

    #[test]
    fn hosts_are_displayed_as_in_a_url() {
        for (text, displayed) in [("h", "h:5432"), ("[::1]:7", "[::1]:7"), ("%2Frun%2Fpg", "/run/pg:5432")] {
            assert_eq!(hosts(&format!("postgres://{text}")).unwrap()[0].to_string(), displayed);
        }
    }
}
