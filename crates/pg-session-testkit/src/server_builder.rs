use std::path::PathBuf;

use crate::cluster::Primary;

/// The options of a [`Server`](crate::Server).
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ServerBuilder {
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) durable: bool,
    pub(crate) settings: Vec<String>,
    pub(crate) hba: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) primary: Option<Primary>,
}

impl ServerBuilder {
    /// Keeps the data in this folder. Creates the folder if it does not exist. The next server on it has the same
    /// data and password.
    ///
    /// Default: a temporary folder.
    pub fn data_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(path.into());
        self
    }

    /// Makes a commit wait until it is on the disk.
    ///
    /// Default: false, which is faster. A crash of the server still loses nothing, but a crash of the machine may.
    pub fn durable(mut self, durable: bool) -> Self {
        self.durable = durable;
        self
    }

    /// Sets a parameter of the server, as in `postgresql.conf`.
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push(format!("{name}={value}"));
        self
    }

    /// Sets a variable of the server's environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a rule to `pg_hba.conf`. PostgreSQL tries the rules in this order, and then the default ones, which admit
    /// every role with its password.
    pub fn hba(mut self, rule: &str) -> Self {
        self.hba.push(rule.to_owned());
        self
    }
}
