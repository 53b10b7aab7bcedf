use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::error::At;
use crate::user::User;
use crate::{Error, Folder, Guard, PgInstall, Signal, random};

pub(crate) const SUPERUSER: &str = "postgres";

/// How long the server that had the folder before may take to stop, after its owner was killed.
const PATIENCE: Duration = Duration::from_secs(5);

const LOG_LINES: usize = 20;

/// A server's data on the disk: its folder `data`, and beside it the files `password` and `log`.
///
/// The log is locked, and the lock is with every process that writes to it: as long as one of them
/// runs, the folder is theirs.
#[derive(Debug)]
pub(crate) struct Cluster {
    home: PathBuf,
    log: File,
}

impl Cluster {
    /// Takes the folder `home`, and makes a cluster in it the first time. Also tells the superuser's
    /// password.
    pub(crate) fn open(
        home: &Path,
        durable: bool,
        programs: &PgInstall,
        user: &User,
        folder: &Folder,
    ) -> Result<(Self, String), Error> {
        fs::create_dir_all(home).at(home)?;
        if !user.can_enter(home) {
            return Err(Error::Unreachable { path: home.to_owned(), user: user.name() });
        }
        let log = lock(home)?;
        let cluster = Self { home: home.to_owned(), log };
        let password = if cluster.data().exists() {
            cluster.check_version(programs)?;
            let path = cluster.password_file();
            fs::read_to_string(&path).at(&path)?
        } else {
            cluster.make(durable, programs, user, folder)?
        };
        Ok((cluster, password))
    }

    /// PostgreSQL's own folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    /// Where a program of this cluster writes its messages.
    pub(crate) fn log(&self) -> Result<Stdio, Error> {
        self.log.try_clone().map(Stdio::from).at(self.log_file())
    }

    /// The last lines of the log.
    pub(crate) fn log_tail(&self) -> String {
        let log = fs::read(self.log_file()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
    }

    /// Whether PostgreSQL says that it takes connections.
    pub(crate) fn is_ready(&self) -> bool {
        let status = fs::read_to_string(self.pid_file());
        status.is_ok_and(|lines| lines.lines().nth(7).is_some_and(|status| status.trim() == "ready"))
    }

    /// Removes what a crash left: it would be read as the word of the server that starts next, and
    /// keep that from starting where its process number has been given away.
    pub(crate) fn forget_crash(&self) -> Result<(), Error> {
        let pid_file = self.pid_file();
        let Ok(lines) = fs::read_to_string(&pid_file) else { return Ok(()) };
        let port = lines.lines().nth(3).and_then(|port| port.parse().ok()).unwrap_or(0);
        // Somebody may have started a server on this data by hand, without the lock.
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Err(Error::InUse { home: self.home.clone() });
        }
        fs::remove_file(&pid_file).at(&pid_file)
    }

    /// Has `lines` come before the usual rules of who may connect.
    pub(crate) fn allow(&self, lines: &[String]) -> Result<(), Error> {
        let path = self.data().join("pg_hba.conf");
        let usual = "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n";
        let rules: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fs::write(&path, rules + usual).at(&path)
    }

    /// Fills a folder aside and renames it then, so that one half made is never taken for whole.
    /// Tells the new password.
    fn make(&self, durable: bool, programs: &PgInstall, user: &User, folder: &Folder) -> Result<String, Error> {
        let unfinished = self.home.join("unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).at(&unfinished)?;
        }
        DirBuilder::new().mode(0o700).create(&unfinished).at(&unfinished)?;
        user.owns(&unfinished).at(&unfinished)?;

        let password = random::token().at("/dev/urandom")?;
        let password_file = self.password_file();
        write_private(&password_file, &password).at(&password_file)?;
        user.owns(&password_file).at(&password_file)?;

        let (log, lease) = (self.log()?, folder.lease().at(folder.path())?);
        let initdb = programs.folder().join("initdb");
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
            user.runs(command);
        })
        .at(&initdb)?;
        if !guard.wait().at(&initdb)?.success() {
            return Err(Error::Failed { program: "initdb", log: self.log_tail() });
        }
        fs::rename(&unfinished, self.data()).at(self.data())?;
        Ok(password)
    }

    fn check_version(&self, programs: &PgInstall) -> Result<(), Error> {
        let path = self.data().join("PG_VERSION");
        let version = fs::read_to_string(&path).at(&path)?;
        if version.trim() == programs.major().to_string() {
            return Ok(());
        }
        Err(Error::OtherVersion {
            home: self.home.clone(),
            data: version.trim().to_owned(),
            programs: programs.major(),
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

/// Opens and locks the log, emptied.
fn lock(home: &Path) -> Result<File, Error> {
    let path = home.join("log");
    let log = OpenOptions::new().append(true).create(true).open(&path).at(&path)?;
    let deadline = Instant::now() + PATIENCE;
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
