use clap::Args;

use crate::error::Error;
use crate::node;
use crate::run::run;
use crate::workspace::workspace;

/// Create the npm packages: pg-session, and the package with the binary for this platform.
///
/// Writes a folder and a tarball of each to target/npm, and prints the paths of the tarballs. Each platform's binary must
/// be packed on that platform.
#[derive(Args)]
pub(crate) struct Pack {
    /// Pack a debug build, which compiles faster, into target/npm-debug.
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
