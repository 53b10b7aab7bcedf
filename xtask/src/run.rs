use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::Error;

/// Runs a command in a folder and waits for its end.
///
/// # Errors
///
/// Returns an error if the command cannot be started, or exits with an error.
pub(crate) fn run(command: &[&str], folder: &Path, configure: impl FnOnce(&mut Command)) -> Result<(), Error> {
    let mut program = Command::new(command[0]);
    program.args(&command[1..]).current_dir(folder).stdin(Stdio::null());
    configure(&mut program);
    let command = command.join(" ");
    match program.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Error::Failed { command, status }),
        Err(source) => Err(Error::Run { command, source }),
    }
}
