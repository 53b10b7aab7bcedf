use std::env;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::address::Address;
use crate::cluster::{Cluster, Primary, SUPERUSER};
use crate::env_vars::SHARED_SERVER;
use crate::error::{Error, IoContext};
use crate::folder::Folder;
use crate::guard::{Guard, Signal};
use crate::pg_install::PgInstall;
use crate::port::{HOST, free_port, is_free};
use crate::server_builder::ServerBuilder;
use crate::user::User;

const START_TIMEOUT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);

/// Another process may take the chosen port before the server does.
const PORT_ATTEMPTS: usize = 5;

/// A private PostgreSQL server.
///
/// It listens on a free port of 127.0.0.1 and on a Unix socket. It has the encoding UTF8, and one superuser with a
/// random password. It derefs to its [`Address`], which has its URLs.
///
/// The server stops when the value is dropped, and also when this process ends in any other way. Its folder is then
/// deleted, unless it is a [`ServerBuilder::data_dir`].
#[derive(Debug)]
pub struct Server {
    address: Address,
    // The order of the fields is the order of the drops: the server must stop before its folder is deleted.
    process: Option<Guard>,
    cluster: Cluster,
    options: ServerBuilder,
    install: PgInstall,
    user: User,
    folder: Folder,
}

impl ServerBuilder {
    /// Starts the server and waits until it accepts connections.
    ///
    /// # Errors
    ///
    /// Returns an error if PostgreSQL is not installed, if there is no user to run it as, if the folder is in use or
    /// unsuitable, or if PostgreSQL does not start. The last error contains the end of PostgreSQL's log.
    pub fn start(self) -> Result<Server, Error> {
        let (user, install) = (User::of_server()?, PgInstall::find()?);
        let folder = if self.durable { Folder::new() } else { Folder::in_memory() };
        let folder = folder.at(env::temp_dir())?;
        user.take_ownership(folder.path()).at(folder.path())?;
        let home = self.data_dir.as_deref().unwrap_or(folder.path());
        let home = std::path::absolute(home).at(home)?;
        let (cluster, password) = Cluster::open(&home, self.durable, self.primary.as_ref(), &install, &user, &folder)?;
        cluster.write_hba(&self.hba)?;
        let address = Address {
            host: HOST.to_string(),
            port: 0,
            socket_dir: folder.path().to_owned(),
            user: SUPERUSER.to_owned(),
            password,
        };
        let mut server = Server { address, process: None, cluster, options: self, install, user, folder };
        server.launch_on_free_port()?;
        Ok(server)
    }
}

impl Server {
    /// Starts a server with the default options.
    ///
    /// # Errors
    ///
    /// See [`ServerBuilder::start`].
    pub fn start() -> Result<Self, Error> {
        Self::builder().start()
    }

    /// Returns a builder with the default options.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// Returns the server that all tests of a run share.
    ///
    /// The environment variable `PG_SESSION_TEST_SERVER` contains its [`shared_line`](Self::shared_line). If the
    /// variable is not set, the first call starts a server, which lives as long as this process.
    ///
    /// # Panics
    ///
    /// Panics if the variable is malformed, or the server does not start.
    #[must_use]
    pub fn shared() -> &'static Address {
        static CONFIGURED: OnceLock<Option<Address>> = OnceLock::new();
        static STARTED: OnceLock<Server> = OnceLock::new();
        let configured = CONFIGURED.get_or_init(|| {
            let line = env::var(SHARED_SERVER).ok()?;
            Some(Address::parse(&line).unwrap_or_else(|error| panic!("{error}")))
        });
        match configured {
            Some(address) => address,
            None => STARTED.get_or_init(|| Self::start().unwrap_or_else(|error| panic!("{error}"))),
        }
    }

    /// Returns the value of `PG_SESSION_TEST_SERVER` with which other processes share this server.
    #[must_use]
    pub fn shared_line(&self) -> String {
        self.address.to_line()
    }

    /// Shuts the server down. Clients are disconnected, and the data stays. Does nothing if the server is down.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system cannot report the end of the process.
    pub fn stop(&mut self) -> Result<(), Error> {
        self.end(Signal::Interrupt)
    }

    /// Ends the server immediately, like a crash. The next start recovers the data. Does nothing if the server is down.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system cannot report the end of the process.
    pub fn kill(&mut self) -> Result<(), Error> {
        self.end(Signal::Quit)
    }

    /// Starts the server again at the same address. Does nothing if the server is running.
    ///
    /// # Errors
    ///
    /// Returns an error if PostgreSQL does not start, or if another process keeps its port.
    pub fn start_again(&mut self) -> Result<(), Error> {
        if self.process.is_some() {
            return Ok(());
        }
        let deadline = Instant::now() + START_TIMEOUT;
        while !is_free(self.port) && Instant::now() < deadline {
            sleep(POLL);
        }
        self.launch()
    }

    /// Starts a standby with the same settings and passwords, which replicates this server. It refuses writes until
    /// `pg_promote()` is called on it. Restarts this server, because it copies the data meanwhile.
    ///
    /// # Errors
    ///
    /// See [`ServerBuilder::start`].
    pub fn start_standby(&mut self) -> Result<Self, Error> {
        self.stop()?;
        let primary = Primary { data: self.cluster.data(), address: self.address.clone() };
        let options = ServerBuilder { data_dir: None, primary: Some(primary), ..self.options.clone() };
        // The standby starts before the primary. It should not wait for long until it connects again.
        let standby = options.setting("wal_retrieve_retry_interval", "100ms").start();
        self.start_again()?;
        standby
    }

    fn end(&mut self, signal: Signal) -> Result<(), Error> {
        match self.process.take() {
            Some(process) => process.stop(signal).map(drop).at(self.postgres()),
            None => Ok(()),
        }
    }

    fn launch_on_free_port(&mut self) -> Result<(), Error> {
        let mut attempt = 1;
        loop {
            self.address.port = free_port()?;
            match self.launch() {
                Err(Error::ProgramFailed { .. }) if attempt < PORT_ATTEMPTS && !is_free(self.port) => attempt += 1,
                result => return result,
            }
        }
    }

    fn launch(&mut self) -> Result<(), Error> {
        self.cluster.remove_stale_pid_file()?;
        let (log, lease) = (self.cluster.log()?, self.folder.lease().at(self.folder.path())?);
        // A fast shutdown writes a checkpoint, which temporary data does not need.
        let stop = if self.options.data_dir.is_some() { Signal::Interrupt } else { Signal::Quit };
        let mut process = Guard::spawn(self.postgres(), stop, |command| {
            command.arg("-D").arg(self.cluster.data()).args(self.arguments());
            command
                .env("LC_ALL", "C")
                .envs(self.options.env.iter().cloned())
                .current_dir("/")
                .stdout(lease)
                .stderr(log);
            self.user.apply_to(command);
        })
        .at(self.postgres())?;
        self.wait_until_ready(&mut process)?;
        self.process = Some(process);
        Ok(())
    }

    fn wait_until_ready(&self, process: &mut Guard) -> Result<(), Error> {
        let deadline = Instant::now() + START_TIMEOUT;
        while !self.cluster.is_ready() {
            if process.try_wait().at(self.postgres())?.is_some() {
                return Err(Error::ProgramFailed { program: "postgres", log: self.cluster.log_tail() });
            }
            if Instant::now() > deadline {
                let seconds = START_TIMEOUT.as_secs();
                return Err(Error::StartTimeout { seconds, log: self.cluster.log_tail() });
            }
            sleep(POLL);
        }
        Ok(())
    }

    /// Returns the arguments of `postgres`. PostgreSQL uses the last value of a parameter.
    fn arguments(&self) -> impl Iterator<Item = String> {
        let required = [
            format!("listen_addresses={HOST}"),
            format!("port={}", self.port),
            format!("unix_socket_directories={}", self.socket_dir.display()),
        ];
        let on_or_off = if self.options.durable { "on" } else { "off" };
        let defaults = [
            "max_connections=200".to_owned(),
            format!("fsync={on_or_off}"),
            format!("full_page_writes={on_or_off}"),
            // A client that disappears during its login blocks DROP DATABASE for this long. The default is 60 seconds.
            "authentication_timeout=10".to_owned(),
        ];
        let settings = defaults.into_iter().chain(self.options.settings.clone()).chain(required);
        settings.flat_map(|setting| ["-c".to_owned(), setting])
    }

    fn postgres(&self) -> PathBuf {
        self.install.folder().join("postgres")
    }
}

impl Deref for Server {
    type Target = Address;

    fn deref(&self) -> &Address {
        &self.address
    }
}
