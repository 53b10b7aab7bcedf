use std::io;
use std::path::{Path, PathBuf};

use crate::env_vars::{PG_BIN, SHARED_SERVER};

/// Why a server cannot be used. Each message says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// PostgreSQL is not installed.
    #[error(
        "found no PostgreSQL (initdb and postgres) on the PATH, through pg_config or in the usual folders; \
         install it (Debian and Ubuntu: apt-get install postgresql; Fedora: dnf install \
         postgresql-server; Alpine: apk add postgresql; Arch: pacman -S postgresql; macOS: brew install \
         postgresql), set {PG_BIN} to the folder of its programs, or run `cargo xtask test`, which \
         downloads it with npm"
    )]
    NotInstalled,

    /// The folder in `PG_SESSION_PG_BIN` has no usable PostgreSQL.
    #[error("cannot use PostgreSQL in {folder}, the folder in {PG_BIN}: {reason}; correct or unset {PG_BIN}", folder = .folder.display())]
    InvalidPgBin {
        /// The folder in the variable.
        folder: PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// The download of PostgreSQL failed.
    #[error(
        "cannot download PostgreSQL with npm: {reason}; install PostgreSQL, or set {PG_BIN} to the folder of its programs"
    )]
    Download {
        /// What went wrong.
        reason: String,
    },

    /// This process runs as root, and there is no other user to run PostgreSQL as.
    #[error(
        "PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody` to run it as; \
         add one, or run this command as another user"
    )]
    NoUser,

    /// The server's user cannot enter the server's folder.
    #[error(
        "PostgreSQL refuses to run as root, so it runs as the user `{user}`, who cannot enter {path}; \
         choose another folder, or run `chmod o+x` on it and the folders above",
        path = .path.display()
    )]
    NotAccessible {
        /// The folder.
        path: PathBuf,
        /// The server's user.
        user: &'static str,
    },

    /// Another server uses the folder.
    #[error("another server is running on {home}; stop it first, or choose another folder", home = .home.display())]
    InUse {
        /// The folder with the server's data.
        home: PathBuf,
    },

    /// Another major version of PostgreSQL wrote the data.
    #[error(
        "PostgreSQL {data} wrote the data in {home}, but the installed version is {installed}; \
         set {PG_BIN} to the folder of the programs of {data}, or delete {home} to start with empty data",
        home = .home.display()
    )]
    VersionMismatch {
        /// The folder with the server's data.
        home: PathBuf,
        /// The major version that wrote the data.
        data: String,
        /// The installed major version.
        installed: u32,
    },

    /// A program exited with an error, or before it was ready.
    #[error("{program} failed; its log ends with:\n{log}")]
    ProgramFailed {
        /// The program's name, such as `postgres`.
        program: &'static str,
        /// The last lines of its log.
        log: String,
    },

    /// The server was not ready in time.
    #[error("PostgreSQL was not ready within {seconds} seconds; its log ends with:\n{log}")]
    StartTimeout {
        /// How long this process waited.
        seconds: u64,
        /// The last lines of the log.
        log: String,
    },

    /// The address of the shared server is malformed.
    #[error(
        "{SHARED_SERVER} must look like postgres://user:password@127.0.0.1:5432/postgres?socket_dir=/folder; \
         correct it, or unset it to start a private server"
    )]
    InvalidSharedServer,

    /// The operating system reported an error.
    #[error("cannot use {path}: {source}", path = .path.display())]
    Io {
        /// The file, folder or program in question.
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
}

/// Adds the path in question to an I/O error.
pub(crate) trait IoContext<T> {
    fn at(self, path: impl AsRef<Path>) -> Result<T, Error>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn at(self, path: impl AsRef<Path>) -> Result<T, Error> {
        self.map_err(|source| Error::Io { path: path.as_ref().to_owned(), source })
    }
}
