use clap::Args;

use crate::error::Error;
use crate::node;
use crate::run::run;
use crate::workspace::workspace;

/// Make the npm packages: pg-session itself, and the one with the binary for this platform.
///
/// Leaves a folder and a tarball of each in target/npm, and prints the tarballs. Every platform makes its own binary.
#[derive(Args)]
pub(crate) struct Pack {
    /// Pack the binary of the debug build, which is made faster, into target/npm-debug.
    #[arg(long)]
    debug: bool,
}

impl Pack {
    pub(crate) fn run(self) -> Result<(), Error> {
        let (profile, built, folder) = if self.debug { ("dev", "debug", "npm-debug") } else { ("npm", "npm", "npm") };
        run(&["cargo", "build", "--quiet", "--package", "pg-session-node", "--profile", profile], workspace(), |_| ())?;
        let binary = node::built(built).map_err(Error::Addon)?;
        run(&["node", "scripts/pack.js"], &node::package(), |command| {
            command.arg(binary).arg(workspace().join("target").join(folder));
        })
    }
}
