use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use tokio_postgres::{Client, NoTls};

use crate::{Address, Server};

/// A database for one test, on the server that the run shares. It is dropped with the value,
/// whoever is still connected to it.
#[derive(Debug)]
pub struct Database {
    name: String,
    server: &'static Address,
}

impl Database {
    /// Makes an empty database with a name of its own. May be called inside and outside of a runtime.
    ///
    /// # Panics
    ///
    /// When there is no server (see [`Server::shared`]), or it refuses.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a default should not do I/O")]
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let server = Server::shared();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let token = crate::random::token().unwrap_or_else(|error| panic!("/dev/urandom: {error}"));
        let name = format!("test_{process}_{number}_{}", &token[..8]);
        administer(server, &format!("CREATE DATABASE {name}"))
            .unwrap_or_else(|error| panic!("cannot create a database on {server:?}: {error:?}"));
        Self { name, server }
    }

    /// The database's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The superuser's URL, over TCP.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// The superuser's URL, over the unix socket.
    #[must_use]
    pub fn socket_url(&self) -> String {
        self.server.socket_url(&self.name)
    }

    /// Another role's URL, over TCP.
    #[must_use]
    pub fn url_as(&self, role: &str, password: &str) -> String {
        self.server.url_as(role, password, &self.name)
    }

    /// A connection of the superuser, to prepare and to check things with.
    ///
    /// # Panics
    ///
    /// When the server does not let it in.
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
        // A server that is gone took the database with it.
        let _ = administer(self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// Runs a statement in a thread with a runtime of its own: the caller may be inside of another
/// runtime, where nothing may block on one.
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
