//! The network between the store and one server, which can fail.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch::{self, Receiver, Sender};
use tokio::task::JoinHandle;
use tokio::time::timeout;

const BACKLOG: u32 = 1024;

/// A connection on this machine that is not open after this long never will be.
const UNANSWERED: Duration = Duration::from_millis(100);

/// Forwards TCP connections to a port of this machine.
pub(crate) struct Link {
    port: u16,
    state: Sender<State>,
    opened: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    mode: Mode,
    /// Connections opened before this many events of the kind have failed in that way.
    drops: u64,
    resets: u64,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Mode {
    #[default]
    Forwards,
    /// New connections are refused.
    Refuses,
    /// Nothing is answered, not even the first packet of a new connection.
    Silent,
}

impl Link {
    pub(crate) fn to(target: u16) -> io::Result<Self> {
        let listener = listen(0)?;
        let port = listener.local_addr()?.port();
        let (state, states) = watch::channel(State::default());
        let opened = Arc::<AtomicU64>::default();
        let accepting = tokio::spawn(accept(listener, target, states, Arc::clone(&opened)));
        Ok(Self { port, state, opened, accepting })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns how many connections have been opened so far.
    pub(crate) fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    /// Refuses new connections, like a machine whose server is down.
    pub(crate) fn refuse(&self) {
        self.state.send_modify(|state| state.mode = Mode::Refuses);
    }

    /// Answers nothing any more, like a machine that has lost its network.
    pub(crate) fn vanish(&self) {
        self.state.send_modify(|state| state.mode = Mode::Silent);
    }

    /// Forwards new connections. Those that were open while the link was silent are reset.
    pub(crate) fn restore(&self) {
        self.state.send_modify(|state| {
            state.resets += u64::from(state.mode == Mode::Silent);
            state.mode = Mode::Forwards;
        });
    }

    /// Forwards nothing more on the open connections, and does not tell their ends, like a firewall.
    pub(crate) fn drop_open_connections(&self) {
        self.state.send_modify(|state| state.drops += 1);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    socket.listen(BACKLOG)
}

async fn accept(listener: TcpListener, target: u16, mut states: Receiver<State>, opened: Arc<AtomicU64>) {
    let Ok(own) = listener.local_addr().map(|address| address.port()) else { return };
    let mut listener = Some(listener);
    loop {
        let mode = states.borrow_and_update().mode;
        match (mode, &listener) {
            (Mode::Forwards, Some(open)) => tokio::select! {
                accepted = open.accept() => if let Ok((client, _)) = accepted {
                    opened.fetch_add(1, Ordering::Relaxed);
                    tokio::spawn(forward(client, target, states.clone()));
                },
                changed = states.changed() => if changed.is_err() { return },
            },
            (Mode::Forwards, None) => match listen(own) {
                Ok(open) => listener = Some(open),
                Err(_) => tokio::time::sleep(UNANSWERED).await,
            },
            (Mode::Silent, Some(open)) => {
                let unanswered = occupy(open, own).await;
                if states.changed().await.is_err() {
                    return;
                }
                for _ in unanswered {
                    // They are the first in the queue.
                    let _ = open.accept().await;
                }
                let _ = SockRef::from(open).listen(BACKLOG.cast_signed());
            }
            (Mode::Refuses, _) | (Mode::Silent, None) => {
                listener = None;
                if states.changed().await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Fills the queue of connections that are not yet accepted. The operating system then drops the packets of new ones.
async fn occupy(listener: &TcpListener, port: u16) -> Vec<TcpStream> {
    let mut connections = Vec::new();
    if SockRef::from(listener).listen(0).is_ok() {
        while let Ok(Ok(connection)) = timeout(UNANSWERED, TcpStream::connect((Ipv4Addr::LOCALHOST, port))).await {
            connections.push(connection);
        }
    }
    connections
}

/// Forwards both directions of a connection.
async fn forward(mut client: TcpStream, target: u16, mut states: Receiver<State>) {
    let State { drops, resets, .. } = *states.borrow();
    let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => return,
        _ = states.wait_for(|state| state.drops > drops || state.mode == Mode::Silent) => {}
    }
    // The link was dropped, or is restored.
    let _ = states.wait_for(|state| state.resets > resets).await;
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const QUIET: Duration = Duration::from_millis(300);

    /// Returns a link to a server that echoes.
    async fn link() -> Link {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = server.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = server.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = client.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        Link::to(port).unwrap()
    }

    async fn connect(link: &Link) -> io::Result<TcpStream> {
        TcpStream::connect((Ipv4Addr::LOCALHOST, link.port())).await
    }

    async fn echo(connection: &mut TcpStream) -> io::Result<u8> {
        connection.write_u8(7).await?;
        connection.read_u8().await
    }

    #[tokio::test]
    async fn a_link_forwards_refuses_and_forwards_again() {
        let link = link().await;
        assert_eq!(echo(&mut connect(&link).await.unwrap()).await.unwrap(), 7);
        link.refuse();
        tokio::time::sleep(UNANSWERED).await;
        assert_eq!(connect(&link).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        link.restore();
        tokio::time::sleep(UNANSWERED).await;
        assert_eq!(echo(&mut connect(&link).await.unwrap()).await.unwrap(), 7);
        assert_eq!(link.opened(), 2);
    }

    #[tokio::test]
    async fn a_silent_link_answers_nothing_until_it_is_restored() {
        let link = link().await;
        let mut open = connect(&link).await.unwrap();
        echo(&mut open).await.unwrap();
        link.vanish();
        tokio::time::sleep(3 * UNANSWERED).await;
        assert!(timeout(QUIET, echo(&mut open)).await.is_err(), "the open connection is silent");
        assert!(timeout(QUIET, connect(&link)).await.is_err(), "a new connection gets no answer");
        link.restore();
        assert!(timeout(QUIET, open.read_u8()).await.unwrap().is_err(), "the old connection is reset");
        assert_eq!(echo(&mut connect(&link).await.unwrap()).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn dropped_connections_are_silent_and_new_ones_work() {
        let link = link().await;
        let mut open = connect(&link).await.unwrap();
        echo(&mut open).await.unwrap();
        link.drop_open_connections();
        assert!(timeout(QUIET, echo(&mut open)).await.is_err());
        assert_eq!(echo(&mut connect(&link).await.unwrap()).await.unwrap(), 7);
    }
}
