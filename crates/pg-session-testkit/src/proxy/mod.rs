//! A proxy between clients and a private PostgreSQL that misbehaves on demand.

mod fault;
mod message;
mod relay;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_postgres::config::Host;

use relay::relay;

pub use fault::{Fault, Faults};
pub use message::Message;

/// A proxy between clients and a server. It passes everything on unchanged until it is told to misbehave.
///
/// It parses PostgreSQL's messages, and applies faults to whole answers: everything that the server sends up to a
/// ReadyForQuery. It leaves the login alone, and the simple queries before the first statement of the extended query
/// protocol. Clients that expect an answer before they send a Sync are not supported.
///
/// ```no_run
/// # async fn example(database: &pg_session_testkit::Database) -> std::io::Result<()> {
/// use pg_session_testkit::{Fault, Faults, Proxy};
///
/// let proxy = Proxy::start(&database.url()).await?;
/// proxy.misbehave(Faults::at_random(&Fault::DETECTABLE, 10, 42));
/// // … calls by way of `proxy.url()` …
/// proxy.behave();
/// # Ok(())
/// # }
/// ```
///
/// Dropping it closes it and the connections through it.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

/// What the proxy and its connections share.
#[derive(Debug)]
struct Shared {
    server: (String, u16),
    state: watch::Sender<State>,
    faults: Mutex<Option<Faults>>,
    connections: AtomicU64,
    statements: AtomicU64,
    struck: AtomicU64,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    holds_answers: bool,
    holds_connections: bool,
    /// How often all connections were cut.
    cuts: u64,
}

impl Proxy {
    /// Starts a proxy before the server and database of a `postgres://` URL with a TCP address.
    ///
    /// # Errors
    ///
    /// When the URL is another one, or no port is free.
    pub async fn start(url: &str) -> io::Result<Self> {
        let config: tokio_postgres::Config = url.parse().map_err(io::Error::other)?;
        let (Some(Host::Tcp(host)), Some(port)) = (config.get_hosts().first(), config.get_ports().first()) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the URL has no TCP address"));
        };
        let listener = TcpListener::bind((host.as_str(), 0)).await?;
        let own = listener.local_addr()?.port();
        let url = url.replacen(&format!(":{port}/"), &format!(":{own}/"), 1);
        let shared = Arc::new(Shared {
            server: (host.clone(), *port),
            state: watch::Sender::new(State::default()),
            faults: Mutex::default(),
            connections: AtomicU64::new(0),
            statements: AtomicU64::new(0),
            struck: AtomicU64::new(0),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { url, shared, accepting })
    }

    /// Returns the URL of the database by way of this proxy.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Applies these faults to the answers from now on.
    pub fn misbehave(&self, faults: Faults) {
        *self.shared.faults() = Some(faults);
    }

    /// Passes the answers on unchanged from now on.
    pub fn behave(&self) {
        *self.shared.faults() = None;
    }

    /// Holds answers back until [`release`](Self::release). Statements still reach the server.
    pub fn hold_answers(&self) {
        self.shared.state.send_modify(|state| state.holds_answers = true);
    }

    /// Lets new connections wait until [`release`](Self::release).
    pub fn hold_connections(&self) {
        self.shared.state.send_modify(|state| state.holds_connections = true);
    }

    /// Passes on whatever was held.
    pub fn release(&self) {
        self.shared.state.send_modify(|state| (state.holds_answers, state.holds_connections) = (false, false));
    }

    /// Closes the connections that are open now. Answers that are held are lost, though the server has executed their
    /// statements.
    pub fn cut(&self) {
        self.shared.state.send_modify(|state| state.cuts += 1);
    }

    /// Returns how many connections have been opened so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Returns how many statements clients have sent so far, each up to its Sync, whether or not the server got them.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.shared.statements.load(Ordering::Relaxed)
    }

    /// Returns how many faults have struck so far.
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

impl Shared {
    fn faults(&self) -> MutexGuard<'_, Option<Faults>> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the answers may pass, or connections may, as `is_held` asks.
    async fn until_released(&self, is_held: fn(&State) -> bool) {
        // The sender is ours, so that it cannot be gone.
        let _ = self.state.subscribe().wait_for(|state| !is_held(state)).await;
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        // What fails is one client's attempt.
        let Ok((client, _)) = listener.accept().await else { continue };
        shared.connections.fetch_add(1, Ordering::Relaxed);
        let (shared, mut state) = (Arc::clone(&shared), shared.state.subscribe());
        let cuts = state.borrow_and_update().cuts;
        tokio::spawn(async move {
            tokio::select! {
                // Whichever side ended it, the other learns by the end of its own connection.
                _ = relay(client, &shared) => {}
                _ = state.wait_for(|state| state.cuts > cuts) => {}
            }
        });
    }
}
