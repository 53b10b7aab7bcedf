use std::io;
use std::path::{Path, PathBuf};

use crate::programs::PG_BIN;
use crate::server::SHARED_SERVER;

/// Why there is no server. Each message says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// PostgreSQL is nowhere to be found.
    #[error(
        "found no PostgreSQL (initdb and postgres) on the PATH, by pg_config or in the usual folders; \
         install it (Debian and Ubuntu: apt-get install postgresql; Fedora: dnf install \
         postgresql-server; Alpine: apk add postgresql; Arch: pacman -S postgresql; macOS: brew install \
         postgresql), or name its folder of programs in {PG_BIN}, or run `cargo xtask test`, which \
         fetches one where Node's npm is at hand"
    )]
    NoPrograms,

    /// The folder named in `PG_SESSION_PG_BIN` does not serve.
    #[error("{PG_BIN} names {folder}, where {missing}; correct it or unset it", folder = .folder.display())]
    UnfitPrograms {
        /// The folder that was named.
        folder: PathBuf,
        /// What is wrong with it.
        missing: String,
    },

    /// PostgreSQL could not be fetched.
    #[error(
        "cannot fetch PostgreSQL with npm: {reason}; install PostgreSQL, or name its folder of programs in {PG_BIN}"
    )]
    Fetch {
        /// What went wrong.
        reason: String,
    },

    /// We are root, PostgreSQL refuses to be, and there is nobody else.
    #[error(
        "PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as; add one, or run this as another user"
    )]
    NoUser,

    /// The server's user cannot get at its folder.
    #[error(
        "the user `{user}`, as which PostgreSQL runs because root may not, cannot enter {path}; \
         choose another folder, or let everybody pass with `chmod o+x` on it and the folders above",
        path = .path.display()
    )]
    Unreachable {
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

    /// The data was written by another major version of PostgreSQL.
    #[error(
        "{home} holds the data of PostgreSQL {data}, and the programs found are of PostgreSQL {programs}; \
         name the folder of programs of {data} in {PG_BIN}, or delete {home} to begin anew",
        home = .home.display()
    )]
    OtherVersion {
        /// The folder with the server's data.
        home: PathBuf,
        /// The major version that wrote the data.
        data: String,
        /// The major version at hand.
        programs: u32,
    },

    /// A program ended with an error, or before it was ready.
    #[error("{program} failed; the end of its log says why:\n{log}")]
    Failed {
        /// `initdb` or `postgres`.
        program: &'static str,
        /// The last lines of its log.
        log: String,
    },

    /// The server did not get ready in time.
    #[error("PostgreSQL was not ready within {seconds} seconds; the end of its log:\n{log}")]
    Slow {
        /// How long it was given.
        seconds: u64,
        /// The last lines of its log.
        log: String,
    },

    /// The variable that names the shared server cannot be read.
    #[error(
        "{SHARED_SERVER} must look like postgres://user:password@127.0.0.1:5432/postgres?socket_dir=/folder; \
         correct it, or unset it for a server of this process's own"
    )]
    SharedAddress,

    /// The operating system refused something.
    #[error("cannot use {path}: {source}", path = .path.display())]
    Io {
        /// What was asked for.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
}

/// Names what an operation of the operating system was about.
pub(crate) trait At<T> {
    fn at(self, path: impl AsRef<Path>) -> Result<T, Error>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: impl AsRef<Path>) -> Result<T, Error> {
        self.map_err(|source| Error::Io { path: path.as_ref().to_owned(), source })
    }
}
