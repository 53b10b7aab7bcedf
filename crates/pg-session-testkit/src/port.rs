//! TCP ports of 127.0.0.1.

use std::net::{Ipv4Addr, TcpListener};

use crate::error::{Error, IoContext};

pub(crate) const HOST: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// Returns a free port. Another process may take it before the caller does.
pub(crate) fn free_port() -> Result<u16, Error> {
    let listener = TcpListener::bind((HOST, 0)).at("127.0.0.1")?;
    Ok(listener.local_addr().at("127.0.0.1")?.port())
}

/// Returns whether no process listens on the port.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((HOST, port)).is_ok()
}
