use clap::Args;

use crate::cargo::cargo;
use crate::error::Error;

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
        let run = ["run", "--release", "--package", "pg-session-bench", "--"];
        let args: Vec<&str> = run.into_iter().chain(self.args.iter().map(String::as_str)).collect();
        cargo(&args, |_| ())
    }
}
