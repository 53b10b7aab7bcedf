//! Hands tokio-postgres a stream on which TLS is complete, or on which there is to be none.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// A TLS connector that returns the stream as it is.
pub(super) struct PassThrough {
    pub(super) server_end_point: Option<Vec<u8>>,
}

/// The stream, with the data for channel binding.
pub(super) struct Passed<S> {
    stream: S,
    server_end_point: Option<Vec<u8>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsConnect<S> for PassThrough {
    type Stream = Passed<S>;
    type Error = Infallible;
    type Future = Ready<Result<Passed<S>, Infallible>>;

    fn connect(self, stream: S) -> Self::Future {
        ready(Ok(Passed { stream, server_end_point: self.server_end_point }))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Passed<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.server_end_point.clone().map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Passed<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, out)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Passed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
