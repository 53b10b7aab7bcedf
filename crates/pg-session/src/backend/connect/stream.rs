//! The bytes between this process and one server process, over a Unix socket, TCP or TLS.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::tls::{ChannelBinding, TlsStream};

/// A stream of bytes to a server process and back.
pub(crate) type Stream = Box<dyn Transport>;

pub(crate) trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Transport for S {}

/// A stream that is ready for the login.
pub(super) struct Channel {
    pub(super) stream: Stream,
    pub(super) is_encrypted: bool,
    /// What SCRAM-SHA-256-PLUS includes in its proof, so that no man in the middle can relay the login.
    pub(super) binding: ChannelBinding,
}

impl Channel {
    /// Creates a channel without TLS.
    pub(super) fn plain(stream: impl Transport + 'static) -> Self {
        Self { stream: Box::new(stream), is_encrypted: false, binding: ChannelBinding::none() }
    }

    pub(super) fn encrypted(stream: impl Transport + TlsStream + 'static) -> Self {
        Self { is_encrypted: true, binding: stream.channel_binding(), stream: Box::new(stream) }
    }
}
