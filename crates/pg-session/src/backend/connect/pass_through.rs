//! Hands tokio-postgres a stream on which TLS is complete, or on which there is to be none.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

use super::require_auth::AuthWatch;

/// A TLS connector that returns the stream as it is.
pub(super) struct PassThrough {
    pub(super) binding: ChannelBinding,
    /// Watches what the server asks for.
    pub(super) watch: Option<AuthWatch>,
}

pub(super) struct Passed<S> {
    stream: S,
    watch: Option<AuthWatch>,
    /// Taken by the login, which asks for it once.
    binding: Cell<Option<ChannelBinding>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsConnect<S> for PassThrough {
    type Stream = Passed<S>;
    type Error = Infallible;
    type Future = Ready<Result<Passed<S>, Infallible>>;

    fn connect(self, stream: S) -> Self::Future {
        ready(Ok(Passed { stream, watch: self.watch, binding: Cell::new(Some(self.binding)) }))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Passed<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.binding.take().unwrap_or_else(ChannelBinding::none)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Passed<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let filled = out.filled().len();
        let poll = Pin::new(&mut self.stream).poll_read(cx, out);
        if let Some(watch) = &mut self.watch
            && !watch.watch(&out.filled()[filled..])?
        {
            self.watch = None;
        }
        poll
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
