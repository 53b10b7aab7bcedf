use clap::Args;

use crate::error::Error;
use crate::{node, run, workspace};

/// Make the npm packages: pg-session itself, and the one with the binary for this platform.
///
/// Prints their tarballs, in target/npm. Every platform has to make its own binary.
#[derive(Args)]
pub(crate) struct Pack {
    /// Pack the binary of the debug build, which is made faster.
    #[arg(long)]
    debug: bool,
}

impl Pack {
    pub(crate) fn run(self) -> Result<(), Error> {
        let profile = if self.debug { "dev" } else { "npm" };
        run(&["cargo", "build", "--quiet", "--package", "pg-session-node", "--profile", profile], workspace(), |_| ())?;
        let binary = node::built(if self.debug { "debug" } else { "npm" }).map_err(Error::Addon)?;
        run(&["node", "scripts/pack.js"], &node::package(), |command| {
            command.arg(binary).arg(workspace().join("target/npm"));
        })
    }
}
