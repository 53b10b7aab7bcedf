//! A proxy that injects faults between a client and a private PostgreSQL.

mod fault;
mod message;
mod relay;
mod shared;

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_postgres::config::Host;

use relay::relay;
use shared::Shared;

pub use fault::{Fault, Faults};
pub use message::Message;

/// A proxy that injects faults between clients and a server. Until [`misbehave`](Self::misbehave), it forwards everything
/// unchanged.
///
/// It parses PostgreSQL's messages and applies a fault to a whole answer: everything that the server sends up to a
/// ReadyForQuery. It never changes the login, nor the simple queries before the first message of the extended query
/// protocol. Clients that wait for an answer before they send a Sync are not supported.
///
/// ```no_run
/// # async fn example(database: &pg_session_testkit::Database) -> std::io::Result<()> {
/// use pg_session_testkit::{Fault, Faults, Proxy};
///
/// let proxy = Proxy::start(&database.url()).await?;
/// proxy.misbehave(Faults::at_random(&Fault::DETECTABLE, 10, 42));
/// // … connect to `proxy.url()` …
/// proxy.behave();
/// # Ok(())
/// # }
/// ```
///
/// Dropping it closes the proxy and its connections.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy in front of the server and database of a `postgres://` URL with a TCP address.
    ///
    /// # Errors
    ///
    /// Returns an error if the URL is invalid or has no TCP address, or if no port is free.
    pub async fn start(url: &str) -> io::Result<Self> {
        let config: tokio_postgres::Config = url.parse().map_err(io::Error::other)?;
        let (Some(Host::Tcp(host)), Some(port)) = (config.get_hosts().first(), config.get_ports().first()) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the URL has no TCP address"));
        };
        let listener = TcpListener::bind((host.as_str(), 0)).await?;
        let own = listener.local_addr()?.port();
        let url = url.replacen(&format!(":{port}/"), &format!(":{own}/"), 1);
        let shared = Arc::new(Shared::new(host.clone(), *port));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { url, shared, accepting })
    }

    /// Returns the URL of the database through this proxy.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Applies these faults to all further answers.
    pub fn misbehave(&self, faults: Faults) {
        *self.shared.faults() = Some(faults);
    }

    /// Forwards all further answers unchanged.
    pub fn behave(&self) {
        *self.shared.faults() = None;
    }

    /// Delays answers until [`release`](Self::release). Statements still reach the server.
    pub fn hold_answers(&self) {
        self.shared.state.send_modify(|state| state.holds_answers = true);
    }

    /// Delays new connections until [`release`](Self::release).
    pub fn hold_connections(&self) {
        self.shared.state.send_modify(|state| state.holds_connections = true);
    }

    /// Forwards everything that was delayed.
    pub fn release(&self) {
        self.shared.state.send_modify(|state| (state.holds_answers, state.holds_connections) = (false, false));
    }

    /// Closes the open connections. Delayed answers are lost, although the server has executed their statements.
    pub fn cut(&self) {
        self.shared.state.send_modify(|state| state.cuts += 1);
    }

    /// Returns how many connections have been opened so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Returns how many Sync messages clients have sent so far. The server may not have received all of them.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.shared.statements.load(Ordering::Relaxed)
    }

    /// Returns how many faults have been applied so far.
    #[must_use]
    pub fn struck(&self) -> u64 {
        self.shared.struck.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        // Only one client's attempt has failed.
        let Ok((client, _)) = listener.accept().await else { continue };
        shared.connections.fetch_add(1, Ordering::Relaxed);
        let (shared, mut state) = (Arc::clone(&shared), shared.state.subscribe());
        let cuts = state.borrow_and_update().cuts;
        tokio::spawn(async move {
            tokio::select! {
                // Dropping both halves also closes the other side's connection.
                _ = relay(client, &shared) => {}
                _ = state.wait_for(|state| state.cuts > cuts) => {}
            }
        });
    }
}
