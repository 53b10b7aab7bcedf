use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::address::Address;
use crate::error::{Error, IoContext};
use crate::folder::Folder;
use crate::guard::{Guard, Signal};
use crate::pg_install::PgInstall;
use crate::random::random_token;
use crate::user::User;

pub(crate) const SUPERUSER: &str = "postgres";

/// How long to wait for the lock. A server whose owner was killed holds it until it has stopped.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// How many lines of the log an error message contains.
const LOG_LINES: usize = 20;

/// The server that a standby replicates.
#[derive(Clone, Debug)]
pub(crate) struct Primary {
    /// Its data directory. It must be down while that is copied.
    pub(crate) data: PathBuf,
    pub(crate) address: Address,
}

/// A server's files: the folder `data`, and the files `password` and `log` beside it.
///
/// The log is locked. Every process that writes to it holds the lock, so no other server can use the folder until the
/// last of them has ended.
#[derive(Debug)]
pub(crate) struct Cluster {
    home: PathBuf,
    log: File,
}

impl Cluster {
    /// Locks the folder `home`, and creates a cluster in it if there is none: a standby, if there is a primary. Also returns
    /// the superuser's password.
    pub(crate) fn open(
        home: &Path,
        durable: bool,
        primary: Option<&Primary>,
        install: &PgInstall,
        user: &User,
        folder: &Folder,
    ) -> Result<(Self, String), Error> {
        fs::create_dir_all(home).at(home)?;
        if !user.can_enter(home) {
            return Err(Error::NotAccessible { path: home.to_owned(), user: user.name() });
        }
        let log = lock(home)?;
        let cluster = Self { home: home.to_owned(), log };
        let password = if cluster.data().exists() {
            cluster.check_version(install)?;
            let path = cluster.password_file();
            fs::read_to_string(&path).at(&path)?
        } else if let Some(primary) = primary {
            cluster.copy(primary)?
        } else {
            cluster.create(durable, install, user, folder)?
        };
        Ok((cluster, password))
    }

    /// Returns PostgreSQL's data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    /// Returns the log, as the output of a program.
    pub(crate) fn log(&self) -> Result<Stdio, Error> {
        self.log.try_clone().map(Stdio::from).at(self.log_file())
    }

    /// Returns the last lines of the log.
    pub(crate) fn log_tail(&self) -> String {
        let log = fs::read(self.log_file()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
    }

    /// Returns whether PostgreSQL accepts connections, according to its PID file.
    pub(crate) fn is_ready(&self) -> bool {
        let status = fs::read_to_string(self.pid_file());
        let is_ready = |status: &str| matches!(status.trim(), "ready" | "standby");
        status.is_ok_and(|lines| lines.lines().nth(7).is_some_and(is_ready))
    }

    /// Removes the PID file of a crashed server.
    ///
    /// [`is_ready`](Self::is_ready) would take it for the next server's. PostgreSQL refuses to start if another
    /// process has the number in it.
    pub(crate) fn remove_stale_pid_file(&self) -> Result<(), Error> {
        let pid_file = self.pid_file();
        let Ok(lines) = fs::read_to_string(&pid_file) else { return Ok(()) };
        let port = lines.lines().nth(3).and_then(|port| port.parse().ok()).unwrap_or(0);
        // A server that was started by hand does not hold the lock.
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Err(Error::InUse { home: self.home.clone() });
        }
        fs::remove_file(&pid_file).at(&pid_file)
    }

    /// Writes `pg_hba.conf`: these rules, then the default ones.
    pub(crate) fn write_hba(&self, rules: &[String]) -> Result<(), Error> {
        let path = self.data().join("pg_hba.conf");
        let defaults = "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n\
                        host replication all 127.0.0.1/32 scram-sha-256\n";
        let rules: String = rules.iter().map(|line| format!("{line}\n")).collect();
        fs::write(&path, rules + defaults).at(&path)
    }

    /// Creates the data directory under another name and then renames it, because an interrupted run must not leave a
    /// partial one. Returns the new password.
    fn create(&self, durable: bool, install: &PgInstall, user: &User, folder: &Folder) -> Result<String, Error> {
        let unfinished = self.home.join("unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).at(&unfinished)?;
        }
        DirBuilder::new().mode(0o700).create(&unfinished).at(&unfinished)?;
        user.take_ownership(&unfinished).at(&unfinished)?;

        let password = random_token().at("/dev/urandom")?;
        let password_file = self.password_file();
        write_private(&password_file, &password).at(&password_file)?;
        user.take_ownership(&password_file).at(&password_file)?;

        let (log, lease) = (self.log()?, folder.lease().at(folder.path())?);
        let initdb = install.folder().join("initdb");
        let mut guard = Guard::spawn(&initdb, Signal::Terminate, |command| {
            command
                .args(["--username", SUPERUSER, "--auth=scram-sha-256"])
                .args(["--encoding=UTF8", "--locale=C", "--pwfile"])
                .arg(&password_file)
                .arg("--pgdata")
                .arg(&unfinished)
                .args((!durable).then_some("--no-sync"))
                .env("LC_ALL", "C")
                .current_dir("/")
                .stdout(lease)
                .stderr(log);
            user.apply_to(command);
        })
        .at(&initdb)?;
        if !guard.wait().at(&initdb)?.success() {
            return Err(Error::ProgramFailed { program: "initdb", log: self.log_tail() });
        }
        fs::rename(&unfinished, self.data()).at(self.data())?;
        Ok(password)
    }

    /// Copies the data of a primary, and makes it those of its standby. Returns the password of both.
    fn copy(&self, primary: &Primary) -> Result<String, Error> {
        let (data, password) = (self.data(), primary.address.password());
        let copied = Command::new("cp").arg("-a").args([&primary.data, &data]).status().at(&data)?;
        if !copied.success() {
            return Err(Error::ProgramFailed { program: "cp", log: self.log_tail() });
        }
        let Address { host, port, user, .. } = &primary.address;
        let settings = data.join("postgresql.auto.conf");
        let primary = format!("primary_conninfo = 'host={host} port={port} user={user} password={password}'\n");
        OpenOptions::new()
            .append(true)
            .open(&settings)
            .and_then(|mut file| file.write_all(primary.as_bytes()))
            .at(&settings)?;
        let signal = data.join("standby.signal");
        fs::write(&signal, "").at(&signal)?;
        Ok(password.to_owned())
    }

    fn check_version(&self, install: &PgInstall) -> Result<(), Error> {
        let path = self.data().join("PG_VERSION");
        let version = fs::read_to_string(&path).at(&path)?;
        if version.trim() == install.major().to_string() {
            return Ok(());
        }
        Err(Error::VersionMismatch {
            home: self.home.clone(),
            data: version.trim().to_owned(),
            installed: install.major(),
        })
    }

    fn password_file(&self) -> PathBuf {
        self.home.join("password")
    }

    fn log_file(&self) -> PathBuf {
        self.home.join("log")
    }

    fn pid_file(&self) -> PathBuf {
        self.data().join("postmaster.pid")
    }
}

/// Opens, locks and truncates the log.
fn lock(home: &Path) -> Result<File, Error> {
    let path = home.join("log");
    let log = OpenOptions::new().append(true).create(true).open(&path).at(&path)?;
    let deadline = Instant::now() + LOCK_TIMEOUT;
    loop {
        match log.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(error)) => return Err(error).at(&path),
            Err(TryLockError::WouldBlock) if Instant::now() > deadline => {
                return Err(Error::InUse { home: home.to_owned() });
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
    log.set_len(0).at(&path)?;
    Ok(log)
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}
