//! Completes TLS on a new socket, before the login.

use std::io;
use std::sync::Arc;

use bytes::BytesMut;
use postgres_protocol::message::frontend;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::channel_binding::server_end_point;
use super::options::{SslAttempt, TlsOptions};
use crate::backend::connect::failure::{AttemptError, unavailable};
use crate::backend::connect::stream::Channel;
use crate::error::Error;

impl TlsOptions {
    /// Negotiates TLS with a server of this name as the attempt requires, and completes the handshake.
    pub(crate) async fn secure(
        &self,
        attempt: SslAttempt,
        mut socket: TcpStream,
        name: &str,
    ) -> Result<Channel, AttemptError> {
        if attempt == SslAttempt::Plain {
            return Ok(Channel::plain(socket));
        }
        let config = self.client_config()?;
        if !self.is_direct {
            match request_tls(&mut socket).await? {
                Reply::Accepted => {}
                Reply::Declined if attempt == SslAttempt::TlsIfOffered => return Ok(Channel::plain(socket)),
                Reply::Declined => return Err(AttemptError::try_other(not_supported())),
                Reply::Unexpected => return Err(AttemptError::try_other(unexpected_reply())),
            }
        }
        let stream = handshake(config, socket, name).await.map_err(AttemptError::try_other)?;
        Ok(Channel { server_end_point: server_end_point(&stream), stream: Box::new(stream), is_encrypted: true })
    }
}

/// A server's reply to an SSLRequest.
enum Reply {
    Accepted,
    Declined,
    /// The error of an old or overloaded server, or another protocol.
    Unexpected,
}

/// Asks the server for TLS.
///
/// Reads a single byte. If somebody injects plain text behind it, the handshake reads that and fails: it never passes for
/// data that came over TLS (CVE-2021-23222).
async fn request_tls(socket: &mut TcpStream) -> io::Result<Reply> {
    let mut request = BytesMut::new();
    frontend::ssl_request(&mut request);
    socket.write_all(&request).await?;
    Ok(match socket.read_u8().await? {
        b'S' => Reply::Accepted,
        b'N' => Reply::Declined,
        _ => Reply::Unexpected,
    })
}

async fn handshake(config: ClientConfig, socket: TcpStream, name: &str) -> io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from(name.to_owned());
    let name = name.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    TlsConnector::from(Arc::new(config)).connect(name, socket).await
}

fn not_supported() -> Error {
    Error::configuration(
        "the server does not support TLS; set ssl=on in its configuration, or sslmode=prefer in the connection string",
    )
}

/// The text of an error is not read: without TLS, anybody may have sent it.
fn unexpected_reply() -> Error {
    unavailable("the server answered the request for TLS with an error; check its log, and that it is PostgreSQL")
}
