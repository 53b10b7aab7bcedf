//! A socket that follows its lane to another runtime.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use crate::backend::home::Home;

/// A socket that is registered with one runtime, and can be registered with another.
pub(super) trait Socket: AsyncRead + AsyncWrite + Send + Unpin + Sized {
    /// Registers the socket with the current runtime instead.
    fn reregister(self) -> io::Result<Self>;
}

impl Socket for TcpStream {
    fn reregister(self) -> io::Result<Self> {
        Self::from_std(self.into_std()?)
    }
}

impl Socket for UnixStream {
    fn reregister(self) -> io::Result<Self> {
        Self::from_std(self.into_std()?)
    }
}

pub(super) struct Movable<S> {
    /// `None` after a failed move.
    socket: Option<S>,
    home: Home,
}

impl<S: Socket> Movable<S> {
    pub(super) fn new(socket: S) -> Self {
        Self { socket: Some(socket), home: Home::current() }
    }

    fn socket(self: Pin<&mut Self>) -> io::Result<Pin<&mut S>> {
        let this = self.get_mut();
        let home = Home::current();
        if this.home != home {
            this.home = home;
            this.socket = this.socket.take().map(S::reregister).transpose()?;
        }
        this.socket.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl<S: Socket> AsyncRead for Movable<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.socket() {
            Ok(socket) => socket.poll_read(cx, out),
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl<S: Socket> AsyncWrite for Movable<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.socket() {
            Ok(socket) => socket.poll_write(cx, bytes),
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.socket() {
            Ok(socket) => socket.poll_flush(cx),
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.socket() {
            Ok(socket) => socket.poll_shutdown(cx),
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}
