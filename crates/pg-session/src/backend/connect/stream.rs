//! The bytes between this process and one server process, over a Unix socket, TCP or TLS.

use tokio::io::{AsyncRead, AsyncWrite};

/// A stream of bytes to a server process and back.
pub(crate) type Stream = Box<dyn Transport>;

pub(crate) trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Transport for S {}

/// A stream that is ready for the login.
pub(super) struct Channel {
    pub(super) stream: Stream,
    pub(super) is_encrypted: bool,
    /// The hash of the server's certificate, which SCRAM-SHA-256-PLUS includes in its proof.
    pub(super) server_end_point: Option<Vec<u8>>,
}

impl Channel {
    /// Creates a channel without TLS.
    pub(super) fn plain(stream: impl Transport + 'static) -> Self {
        Self { stream: Box::new(stream), is_encrypted: false, server_end_point: None }
    }
}
