use clap::Args;

use crate::error::Error;
use crate::{run, workspace};

/// Measure pg-session beside its peers, in one run, on private servers.
///
/// Builds for release first. Options are handed on; see `cargo xtask bench -- --help`.
#[derive(Args)]
pub(crate) struct Bench {
    /// What to hand to the bench, such as `--quick`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

impl Bench {
    pub(crate) fn run(self) -> Result<(), Error> {
        run(&["cargo", "run", "--release", "--package", "pg-session-bench", "--"], workspace(), |command| {
            command.args(&self.args);
        })
    }
}
