//! Completes TLS on a new socket, before the login.

use std::io;

use bytes::BytesMut;
use postgres_protocol::message::frontend;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::options::{SslAttempt, SslMode, TlsOptions};
use crate::backend::connect::failure::{AttemptError, unavailable};
use crate::backend::connect::movable::Movable;
use crate::backend::connect::stream::Channel;
use crate::error::Error;

impl TlsOptions {
    /// Negotiates TLS with a server of this name as the attempt requires, and completes the handshake.
    pub(crate) async fn secure(
        &self,
        attempt: SslAttempt,
        mut socket: Movable<TcpStream>,
        name: &str,
    ) -> Result<Channel, AttemptError> {
        if attempt == SslAttempt::Plain {
            return Ok(Channel::plain(socket));
        }
        // The files may be on a slow disk, which must not block the other calls of this thread.
        let options = self.clone();
        let config = spawn_blocking(move || options.client_config()).await.map_err(Error::unreachable)??;
        if !self.is_direct {
            match request_tls(&mut socket).await? {
                Reply::Accepted => {}
                Reply::Declined if attempt == SslAttempt::TlsIfOffered => return Ok(Channel::plain(socket)),
                Reply::Declined => return Err(AttemptError::try_other(not_supported())),
                Reply::Unexpected => return Err(AttemptError::try_other(unexpected_reply())),
            }
        }
        // A name that rustls cannot verify, if none is to be verified.
        let unusual = self.mode != SslMode::VerifyFull && ServerName::try_from(name).is_err();
        let name = if unusual { "0.0.0.0" } else { name };
        let Ok(rustls) =
            MakeTlsConnect::<Movable<TcpStream>>::make_tls_connect(&mut MakeRustlsConnect::new(config), name);
        rustls.connect(socket).await.map(Channel::encrypted).map_err(AttemptError::try_other)
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
/// Reads a single byte. If an attacker injects plain text after it, the handshake reads that text and fails, so the text
/// is never mistaken for data that came over TLS (CVE-2021-23222).
async fn request_tls(socket: &mut Movable<TcpStream>) -> io::Result<Reply> {
    let mut request = BytesMut::new();
    frontend::ssl_request(&mut request);
    socket.write_all(&request).await?;
    Ok(match socket.read_u8().await? {
        b'S' => Reply::Accepted,
        b'N' => Reply::Declined,
        _ => Reply::Unexpected,
    })
}

fn not_supported() -> Error {
    Error::configuration(
        "the server does not support TLS; set ssl=on in its configuration, or sslmode=prefer in the connection string",
    )
}

/// The text of an error is not read: without TLS, anyone may have sent it.
fn unexpected_reply() -> Error {
    unavailable("the server answered the request for TLS with an error; check its log, and that it is PostgreSQL")
}
