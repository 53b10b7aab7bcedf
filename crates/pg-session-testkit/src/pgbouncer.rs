use std::env;
use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::error::At;
use crate::server::free_port;
use crate::{Address, Error, Folder, Guard, Signal, user};

const DEADLINE: Duration = Duration::from_secs(10);

/// A PgBouncer before a server, with transaction pooling: each transaction may run in another server
/// process, and they take turns. Dropping it stops it.
#[derive(Debug)]
pub struct PgBouncer {
    address: Address,
    // Fields are dropped in this order: the program before its folder.
    _process: Guard,
    _folder: Folder,
}

impl PgBouncer {
    /// Starts one with at most `processes` connections to each database, and with these further
    /// settings of `pgbouncer.ini`. None where PgBouncer is not installed.
    ///
    /// # Errors
    ///
    /// When it does not start; the error then has its log.
    pub fn start(server: &Address, processes: u32, settings: &[(&str, &str)]) -> Result<Option<Self>, Error> {
        let Some(program) = Self::program() else { return Ok(None) };
        let (user, folder) = (user::of_server()?, Folder::new().at(env::temp_dir())?);
        user.owns(folder.path()).at(folder.path())?;
        let address = Address { port: free_port()?, ..server.clone() };
        let (settings_file, log) = (folder.path().join("pgbouncer.ini"), folder.path().join("log"));
        fs::write(&settings_file, ini(server, &address, processes, settings)).at(&settings_file)?;
        user.owns(&settings_file).at(&settings_file)?;
        let messages = fs::File::create(&log).at(&log)?;
        let lease = folder.lease().at(folder.path())?;
        let mut process = Guard::spawn(&program, Signal::Interrupt, |command| {
            command.arg(&settings_file).current_dir("/").stdout(lease).stderr(Stdio::from(messages));
            user.runs(command);
        })
        .at(&program)?;
        let deadline = Instant::now() + DEADLINE;
        while TcpStream::connect((address.host(), address.port())).is_err() {
            if process.try_wait().at(&program)?.is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(&log).unwrap_or_default();
                return Err(Error::Failed { program: "pgbouncer", log });
            }
            sleep(Duration::from_millis(10));
        }
        Ok(Some(Self { address, _process: process, _folder: folder }))
    }

    /// Where the program is, if it is installed.
    #[must_use]
    pub fn program() -> Option<PathBuf> {
        let path = env::var_os("PATH").unwrap_or_default();
        // Where Debian has it, which is not on everybody's PATH.
        let folders = env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
        folders.map(|folder| folder.join("pgbouncer")).find(|program| program.is_file())
    }

    /// How to reach it, as one would the server.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }
}

fn ini(server: &Address, own: &Address, processes: u32, settings: &[(&str, &str)]) -> String {
    let (host, port, user, password) = (server.host(), server.port(), server.user(), server.password());
    let further: String = settings.iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
    format!(
        "[databases]\n* = host={host} port={port} user={user} password={password}\n\
         [pgbouncer]\nlisten_addr = {}\nlisten_port = {}\nunix_socket_dir =\nauth_type = any\n\
         pool_mode = transaction\nserver_round_robin = 1\ndefault_pool_size = {processes}\n{further}",
        own.host(),
        own.port(),
    )
}
