//! The stores that can be checked.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::ValueEnum;

use crate::variant::Variant;

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Target {
    PgSession,
    TowerSessionsSqlxStore,
    ConnectPgSimple,
}

impl Target {
    pub(crate) const ALL: [Self; 3] = [Self::PgSession, Self::TowerSessionsSqlxStore, Self::ConnectPgSimple];

    pub(crate) fn is_pg_session(self) -> bool {
        self == Self::PgSession
    }

    pub(crate) fn is_installed(self) -> bool {
        let mut node = Command::new("node");
        node.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        self != Self::ConnectPgSimple || node_modules().is_dir() && node.status().is_ok_and(|status| status.success())
    }

    /// Returns whether this workload applies to it.
    pub(crate) fn supports(self, variant: Variant) -> bool {
        self.is_pg_session() || matches!(variant, Variant::Plain | Variant::Killed)
    }
}

/// Returns the folder where npm installs connect-pg-simple.
pub(crate) fn node_modules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../bench/node/node_modules")
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PgSession => "pg-session",
            Self::TowerSessionsSqlxStore => "tower-sessions-sqlx-store",
            Self::ConnectPgSimple => "connect-pg-simple",
        })
    }
}
