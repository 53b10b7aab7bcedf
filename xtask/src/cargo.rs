use std::process::{Command, Stdio};

use crate::error::Error;
use crate::workspace;

/// Runs cargo in the workspace, in sight of the user.
pub(crate) fn cargo(args: &[&str], configure: impl FnOnce(&mut Command)) -> Result<(), Error> {
    let mut cargo = Command::new("cargo");
    cargo.args(args).current_dir(workspace()).stdin(Stdio::null());
    configure(&mut cargo);
    let command = format!("cargo {}", args.join(" "));
    match cargo.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Error::Failed { command, status }),
        Err(source) => Err(Error::Run { command, source }),
    }
}
