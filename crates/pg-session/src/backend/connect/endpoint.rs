//! The sockets of a host: finds its addresses and connects to one.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_postgres::Config;

use super::failure::unavailable;
use super::host::Host;
use crate::error::Result;

/// One socket to connect to.
pub(super) enum Endpoint {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl Endpoint {
    /// Returns the endpoints of a host with this name, in the order of the lookup.
    pub(super) async fn resolve(host: &Host, name: &str, limit: Duration) -> Result<Vec<Self>> {
        if name.starts_with('/') {
            return Ok(vec![Self::Unix(Path::new(name).join(host.socket_file()))]);
        }
        if let Some(address) = host.address {
            return Ok(vec![Self::Tcp((address, host.port).into())]);
        }
        let found = timeout(limit, lookup_host((name, host.port))).await;
        let found = found.map_err(|_| unavailable("the lookup of the host name timed out; check DNS"))?;
        let found = found
            .map_err(|error| unavailable("the host name was not found; check its spelling and DNS").caused_by(error))?;
        Ok(alternating(found.collect()).into_iter().map(Self::Tcp).collect())
    }

    /// Returns the address, if it is not a Unix socket.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }
}

/// Lets IPv6 and IPv4 alternate, as in RFC 8305: often only one of the two is routed.
fn alternating(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let starts_with_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut second): (VecDeque<_>, VecDeque<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == starts_with_v6);
    let mut alternating = Vec::new();
    while !first.is_empty() || !second.is_empty() {
        alternating.extend(first.pop_front());
        alternating.extend(second.pop_front());
    }
    alternating
}

/// Connects over TCP, with the keepalive options of `config`.
pub(super) async fn connect_tcp(address: SocketAddr, config: &Config) -> io::Result<TcpStream> {
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
