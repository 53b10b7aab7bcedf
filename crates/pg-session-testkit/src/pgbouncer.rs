use std::env;
use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::address::Address;
use crate::error::{Error, IoContext};
use crate::folder::Folder;
use crate::guard::{Guard, Signal};
use crate::port::free_port;
use crate::user::User;

const START_TIMEOUT: Duration = Duration::from_secs(10);

/// A PgBouncer in front of a server, with transaction pooling and round-robin: successive transactions run in different
/// server processes. Dropping it stops it.
#[derive(Debug)]
pub struct PgBouncer {
    address: Address,
    // The order of the fields is the order of the drops: the program must stop before its folder is deleted.
    _process: Guard,
    _folder: Folder,
}

impl PgBouncer {
    /// Starts a PgBouncer with at most `processes` connections to each database, and with these additional settings of
    /// `pgbouncer.ini`. Returns `None` if PgBouncer is not installed.
    ///
    /// # Errors
    ///
    /// Returns an error that contains the log if PgBouncer does not start.
    pub fn start(server: &Address, processes: u32, settings: &[(&str, &str)]) -> Result<Option<Self>, Error> {
        let Some(program) = Self::program() else { return Ok(None) };
        let (user, folder) = (User::of_server()?, Folder::new().at(env::temp_dir())?);
        user.take_ownership(folder.path()).at(folder.path())?;
        let address = Address { port: free_port()?, ..server.clone() };
        let (settings_file, log) = (folder.path().join("pgbouncer.ini"), folder.path().join("log"));
        fs::write(&settings_file, ini(server, &address, processes, settings)).at(&settings_file)?;
        user.take_ownership(&settings_file).at(&settings_file)?;
        let messages = fs::File::create(&log).at(&log)?;
        let lease = folder.lease().at(folder.path())?;
        let mut process = Guard::spawn(&program, Signal::Interrupt, |command| {
            command.arg(&settings_file).current_dir("/").stdout(lease).stderr(Stdio::from(messages));
            user.apply_to(command);
        })
        .at(&program)?;
        let deadline = Instant::now() + START_TIMEOUT;
        while TcpStream::connect((address.host(), address.port())).is_err() {
            if process.try_wait().at(&program)?.is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(&log).unwrap_or_default();
                return Err(Error::ProgramFailed { program: "pgbouncer", log });
            }
            sleep(Duration::from_millis(10));
        }
        Ok(Some(Self { address, _process: process, _folder: folder }))
    }

    /// Returns the program's path if PgBouncer is installed.
    #[must_use]
    pub fn program() -> Option<PathBuf> {
        let path = env::var_os("PATH").unwrap_or_default();
        // Debian installs it in /usr/sbin, which is not on every user's PATH.
        let folders = env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
        folders.map(|folder| folder.join("pgbouncer")).find(|program| program.is_file())
    }

    /// Returns the address of PgBouncer, with the credentials of the server.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }
}

fn ini(server: &Address, own: &Address, processes: u32, settings: &[(&str, &str)]) -> String {
    let (host, port, user, password) = (server.host(), server.port(), server.user(), server.password());
    let additional: String = settings.iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
    format!(
        "[databases]\n* = host={host} port={port} user={user} password={password}\n\
         [pgbouncer]\nlisten_addr = {}\nlisten_port = {}\nunix_socket_dir =\nauth_type = any\n\
         pool_mode = transaction\nserver_round_robin = 1\ndefault_pool_size = {processes}\n{additional}",
        own.host(),
        own.port(),
    )
}
