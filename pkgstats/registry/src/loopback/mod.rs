//! A registry on 127.0.0.1 for tests and the demo: real tarballs, seeded download counts, and faults on request.
//!
//! It serves packuments in both shapes, tarballs, the downloads API and `_changes` at one address.

mod answer;
mod counts;
mod data;
mod packages;
mod packument;
mod state;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use counts::{count, is_gap};
pub use data::{FetchError, PINNED, data_folder, fetch};
pub use packages::Package;
use state::State;

use crate::builder::RegistryBuilder;
use crate::registry::Registry;

/// A registry on a port of its own. Dropping it closes the port.
#[derive(Debug)]
pub struct Loopback {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    server: JoinHandle<()>,
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Loopback {
    /// Starts a registry of these packages.
    ///
    /// # Errors
    ///
    /// No port can be opened.
    pub async fn start(packages: impl IntoIterator<Item = Package>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State::new(packages)));
        let app = Router::new().fallback(answer::answer).with_state((address, Arc::clone(&state)));
        let server = tokio::spawn(async move {
            // It ends only when it is aborted.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self { address, state, server })
    }

    /// Returns the address of everything it serves: `http://127.0.0.1:PORT/`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Returns the options of a [`Registry`] that reads from here, at a pace for tests.
    pub fn builder(&self) -> RegistryBuilder {
        Registry::builder().registry(self.url()).downloads(self.url()).pause(Duration::from_millis(1))
    }

    /// Publishes a new version of a package: a copy of its latest version with another number.
    ///
    /// # Panics
    ///
    /// There is no such package.
    pub fn publish(&self, name: &str, version: &str) {
        self.state().publish(name, version);
    }

    /// Adds versions before all others, `0.0.0` to `0.0.COUNT`, without tarballs of their own.
    ///
    /// # Panics
    ///
    /// There is no such package.
    pub fn add_old_versions(&self, name: &str, count: usize) {
        self.state().add_old_versions(name, count);
    }

    /// Deprecates the latest version of a package.
    ///
    /// # Panics
    ///
    /// There is no such package.
    pub fn deprecate(&self, name: &str, reason: &str) {
        self.state().deprecate(name, reason);
    }

    /// Replaces the tarball of a package's latest version.
    ///
    /// # Panics
    ///
    /// There is no such package.
    pub fn replace_tarball(&self, name: &str, tarball: impl Into<Bytes>) {
        self.state().replace_tarball(name, tarball.into());
    }

    /// Leaves out what mirrors leave out: `maintainers`, `deprecated`, `time.created` and the ETag.
    pub fn be_sparse(&self) {
        self.state().is_sparse = true;
    }

    /// Answers the next calls for download counts with 429, without `Retry-After`.
    pub fn rate_limit(&self, calls: usize) {
        self.state().rate_limited = calls;
    }

    /// Answers each call for download counts that includes a package with 403, as a firewall does.
    pub fn refuse(&self, name: &str) {
        self.state().refused.insert(name.to_owned());
    }

    /// Answers everything with a status, until `None` takes it back.
    pub fn fail_with(&self, status: Option<u16>) {
        self.state().status = status;
    }

    /// Answers everything with a redirect, until `None` takes it back.
    pub fn redirect_to(&self, address: Option<String>) {
        self.state().redirect = address;
    }

    /// Waits before each answer.
    pub fn delay(&self, delay: Duration) {
        self.state().delay = delay;
    }

    /// Restarts the feed of changes at sequence 1, as after a reinstallation of the registry.
    pub fn restart_changes(&self) {
        self.state().restart_changes();
    }

    /// Returns the requests so far, each as its path and query, and forgets them.
    #[must_use]
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state().requests)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
