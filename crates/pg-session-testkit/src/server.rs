use std::env;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::cluster::{Cluster, SUPERUSER};
use crate::error::At;
use crate::user::{self, User};
use crate::{Address, Error, Folder, Guard, PgInstall, Signal};

/// The environment variable with the address of the server that a test run shares.
pub const SHARED_SERVER: &str = "PG_SESSION_TEST_SERVER";

const HOST: Ipv4Addr = Ipv4Addr::LOCALHOST;
const DEADLINE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);

/// Between being chosen and being used, a port can be lost to another process.
const ATTEMPTS: usize = 5;

/// A private PostgreSQL server.
///
/// It listens on a free port of 127.0.0.1 and on a unix socket, has one superuser with a random
/// password, and the encoding UTF8. As a `Deref` to its [`Address`] it tells its URLs.
///
/// Dropping it stops it; it stops just the same when this process ends in any other way. Its folder
/// goes with it, unless [`Builder::data_dir`] gave it one of its own.
#[derive(Debug)]
pub struct Server {
    address: Address,
    // Fields are dropped in this order: the server lets go of its data, and the folder is last.
    process: Option<Guard>,
    cluster: Cluster,
    plan: Builder,
    programs: PgInstall,
    user: User,
    folder: Folder,
}

/// What a [`Server`] is started with.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Builder {
    data_dir: Option<PathBuf>,
    durable: bool,
    settings: Vec<String>,
    hba: Vec<String>,
}

impl Builder {
    /// Keeps the data in this folder, which is made if need be, so that the next server started on
    /// it has the same data and password. Without this, the data is in a temporary folder.
    pub fn data_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(path.into());
        self
    }

    /// Whether a commit waits until it is on the disk. False unless told: it is faster without, and
    /// a crash of the server loses nothing, only one of the machine may.
    pub fn durable(mut self, durable: bool) -> Self {
        self.durable = durable;
        self
    }

    /// Sets a parameter of the server, as in `postgresql.conf`.
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push(format!("{name}={value}"));
        self
    }

    /// Adds a rule to `pg_hba.conf`. Rules are tried in the order given, before the usual ones, which
    /// let every role in with its password.
    pub fn hba(mut self, rule: &str) -> Self {
        self.hba.push(rule.to_owned());
        self
    }

    /// Starts the server and waits until it takes connections.
    ///
    /// # Errors
    ///
    /// When there is no PostgreSQL, no user to run it as, when the folder is in use or does not
    /// serve, and when PostgreSQL does not start; the error then has the end of its log.
    pub fn start(self) -> Result<Server, Error> {
        let (user, programs) = (user::of_server()?, PgInstall::find()?);
        let folder = if self.durable { Folder::new() } else { Folder::in_memory() };
        let folder = folder.at(env::temp_dir())?;
        user.owns(folder.path()).at(folder.path())?;
        let home = self.data_dir.as_deref().unwrap_or(folder.path());
        let home = std::path::absolute(home).at(home)?;
        let (cluster, password) = Cluster::open(&home, self.durable, &programs, &user, &folder)?;
        cluster.allow(&self.hba)?;
        let address = Address {
            host: HOST.to_string(),
            port: 0,
            socket_dir: folder.path().to_owned(),
            user: SUPERUSER.to_owned(),
            password,
        };
        let mut server = Server { address, process: None, cluster, plan: self, programs, user, folder };
        server.launch_on_any_port()?;
        Ok(server)
    }
}

impl Server {
    /// Starts a server with the usual settings.
    ///
    /// # Errors
    ///
    /// See [`Builder::start`].
    pub fn start() -> Result<Self, Error> {
        Self::builder().start()
    }

    /// Chooses the settings before the start.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The server that all tests of a run share: the one whose [`shared_line`](Self::shared_line) is
    /// in the environment variable `PG_SESSION_TEST_SERVER`, else one of this process, started by the
    /// first call.
    ///
    /// # Panics
    ///
    /// When there is no such server and none can be started.
    #[must_use]
    pub fn shared() -> &'static Address {
        static NAMED: OnceLock<Option<Address>> = OnceLock::new();
        static OWN: OnceLock<Server> = OnceLock::new();
        let named = NAMED.get_or_init(|| {
            let line = env::var(SHARED_SERVER).ok()?;
            Some(Address::parse(&line).unwrap_or_else(|error| panic!("{error}")))
        });
        match named {
            Some(address) => address,
            None => OWN.get_or_init(|| Self::start().unwrap_or_else(|error| panic!("{error}"))),
        }
    }

    /// What to put into `PG_SESSION_TEST_SERVER`, for other processes to share this server.
    #[must_use]
    pub fn shared_line(&self) -> String {
        self.address.to_line()
    }

    /// Shuts the server down: clients are disconnected, and the data stays. Does nothing to a server
    /// that is down.
    ///
    /// # Errors
    ///
    /// When the operating system cannot say that it ended.
    pub fn stop(&mut self) -> Result<(), Error> {
        self.end(Signal::Interrupt)
    }

    /// Ends the server at once, as a crash would: the next start has to recover the data. Does
    /// nothing to a server that is down.
    ///
    /// # Errors
    ///
    /// When the operating system cannot say that it ended.
    pub fn kill(&mut self) -> Result<(), Error> {
        self.end(Signal::Quit)
    }

    /// Starts the server again at the same address. Does nothing to a server that is up.
    ///
    /// # Errors
    ///
    /// When PostgreSQL does not start, or another process has its port and keeps it.
    pub fn start_again(&mut self) -> Result<(), Error> {
        if self.process.is_some() {
            return Ok(());
        }
        let deadline = Instant::now() + DEADLINE;
        while !is_free(self.port) && Instant::now() < deadline {
            sleep(POLL);
        }
        self.launch()
    }

    fn end(&mut self, signal: Signal) -> Result<(), Error> {
        match self.process.take() {
            Some(process) => process.stop(signal).map(drop).at(self.postgres()),
            None => Ok(()),
        }
    }

    fn launch_on_any_port(&mut self) -> Result<(), Error> {
        let mut attempt = 1;
        loop {
            self.address.port = free_port()?;
            match self.launch() {
                Err(Error::Failed { .. }) if attempt < ATTEMPTS && !is_free(self.port) => attempt += 1,
                result => return result,
            }
        }
    }

    fn launch(&mut self) -> Result<(), Error> {
        self.cluster.forget_crash()?;
        let (log, lease) = (self.cluster.log()?, self.folder.lease().at(self.folder.path())?);
        // What is kept deserves its shutdown checkpoint; what is thrown away may go the short way.
        let stop = if self.plan.data_dir.is_some() { Signal::Interrupt } else { Signal::Quit };
        let mut process = Guard::spawn(self.postgres(), stop, |command| {
            command.arg("-D").arg(self.cluster.data()).args(self.options());
            command.env("LC_ALL", "C").current_dir("/").stdout(lease).stderr(log);
            self.user.runs(command);
        })
        .at(self.postgres())?;
        self.wait_until_ready(&mut process)?;
        self.process = Some(process);
        Ok(())
    }

    fn wait_until_ready(&self, process: &mut Guard) -> Result<(), Error> {
        let deadline = Instant::now() + DEADLINE;
        while !self.cluster.is_ready() {
            if process.try_wait().at(self.postgres())?.is_some() {
                return Err(Error::Failed { program: "postgres", log: self.cluster.log_tail() });
            }
            if Instant::now() > deadline {
                let seconds = DEADLINE.as_secs();
                return Err(Error::Slow { seconds, log: self.cluster.log_tail() });
            }
            sleep(POLL);
        }
        Ok(())
    }

    /// The command line's parameters; of two with one name the later counts.
    fn options(&self) -> impl Iterator<Item = String> {
        let own = [
            format!("listen_addresses={HOST}"),
            format!("port={}", self.port),
            format!("unix_socket_directories={}", self.socket_dir.display()),
        ];
        let safety = if self.plan.durable { "on" } else { "off" };
        let usual = [
            "max_connections=200".to_owned(),
            format!("fsync={safety}"),
            format!("full_page_writes={safety}"),
            // A client that was dropped while it logged in holds up DROP DATABASE for so many seconds, 60 unless set.
            "authentication_timeout=10".to_owned(),
        ];
        let settings = usual.into_iter().chain(self.plan.settings.clone()).chain(own);
        settings.flat_map(|setting| ["-c".to_owned(), setting])
    }

    fn postgres(&self) -> PathBuf {
        self.programs.folder().join("postgres")
    }
}

impl Deref for Server {
    type Target = Address;

    fn deref(&self) -> &Address {
        &self.address
    }
}

pub(crate) fn free_port() -> Result<u16, Error> {
    let listener = TcpListener::bind((HOST, 0)).at("127.0.0.1")?;
    Ok(listener.local_addr().at("127.0.0.1")?.port())
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((HOST, port)).is_ok()
}
