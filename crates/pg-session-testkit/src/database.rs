use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio_postgres::{Client, NoTls};

use crate::address::Address;
use crate::random::random_token;
use crate::server::Server;

/// How long dropping the value waits.
///
/// PostgreSQL drops no database while any client is in the middle of its login, and such a client may be a task of the runtime
/// that waits here: without a limit, both would wait for the authentication_timeout.
const PATIENCE: Duration = Duration::from_millis(500);

/// A database for one test, on [the shared server](Server::shared).
///
/// It is dropped with the value, even if clients are still connected. If that takes long, it ends in the background.
#[derive(Debug)]
pub struct Database {
    name: String,
    server: &'static Address,
}

impl Database {
    /// Creates an empty database with a unique name. Works inside and outside of an async runtime.
    ///
    /// # Panics
    ///
    /// Panics if there is no server, or if it cannot create the database.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a default should not do I/O")]
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let server = Server::shared();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let token = random_token().unwrap_or_else(|error| panic!("/dev/urandom: {error}"));
        let name = format!("test_{process}_{number}_{}", &token[..8]);
        administer(server, &format!("CREATE DATABASE {name}"))
            .unwrap_or_else(|error| panic!("cannot create a database on {server:?}: {error:?}"));
        Self { name, server }
    }

    /// Returns the database's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the superuser's URL for TCP.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// Returns the superuser's URL for the Unix socket.
    #[must_use]
    pub fn socket_url(&self) -> String {
        self.server.socket_url(&self.name)
    }

    /// Returns another role's URL for TCP.
    #[must_use]
    pub fn url_as(&self, role: &str, password: &str) -> String {
        self.server.url_as(role, password, &self.name)
    }

    /// Connects as the superuser, independently of the code under test.
    ///
    /// # Panics
    ///
    /// Panics if the connection fails.
    pub async fn client(&self) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.url(), NoTls)
            .await
            .unwrap_or_else(|error| panic!("cannot connect to {}: {error:?}", self.name));
        tokio::spawn(connection);
        client
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, statement) = (self.server, format!("DROP DATABASE {} WITH (FORCE)", self.name));
        let (done, dropped) = mpsc::channel();
        thread::spawn(move || {
            // Fails only if the server has stopped, and the database is gone with it.
            let _ = administer(server, &statement);
            let _ = done.send(());
        });
        let _ = dropped.recv_timeout(PATIENCE);
    }
}

/// Runs a statement in a separate thread with its own runtime, because the caller may be in a runtime, where blocking on
/// another one panics.
fn administer(server: &Address, statement: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let work = || -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
            let (client, connection) = tokio_postgres::connect(&server.url("postgres"), NoTls).await?;
            let connection = tokio::spawn(connection);
            client.batch_execute(statement).await?;
            drop(client);
            Ok(connection.await??)
        })
    };
    thread::scope(|scope| match scope.spawn(work).join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}
