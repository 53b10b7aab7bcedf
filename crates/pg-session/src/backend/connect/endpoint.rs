//! The sockets of a host: finds its addresses and connects to one.

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
        Ok(found.map(Self::Tcp).collect())
    }
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
