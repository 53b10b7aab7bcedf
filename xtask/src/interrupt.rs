use std::io;
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use pg_session_testkit::{Guard, Signal};

use crate::error::Error;
use crate::workspace::workspace;

const POLL: Duration = Duration::from_millis(50);

/// Receives Ctrl-C, SIGTERM and SIGHUP.
pub(crate) struct Interrupt(Receiver<()>);

impl Interrupt {
    /// Installs the handler. These signals no longer end this process.
    pub(crate) fn install() -> Result<Self, Error> {
        let (sender, receiver) = mpsc::channel();
        ctrlc::set_handler(move || {
            // Fails only if the receiver is dropped, and then the command is already stopping.
            let _ = sender.send(());
        })?;
        Ok(Self(receiver))
    }

    /// Waits until a program exits, and returns its index and status. Returns `None` if a signal arrives first.
    pub(crate) fn or_exit(&self, programs: &mut [Guard]) -> io::Result<Option<(usize, ExitStatus)>> {
        loop {
            match self.0.recv_timeout(POLL) {
                Err(RecvTimeoutError::Timeout) => {
                    for (number, program) in programs.iter_mut().enumerate() {
                        if let Some(status) = program.try_wait()? {
                            return Ok(Some((number, status)));
                        }
                    }
                }
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
        }
    }
}

/// Runs a command in the workspace until it exits, or until the user stops it with a signal. Returns an error if it fails.
pub(crate) fn run_or_stop(command: &[&str], configure: impl FnOnce(&mut Command)) -> Result<(), Error> {
    let interrupt = Interrupt::install()?;
    let failed = |source| Error::Run { command: command.join(" "), source };
    let program = Guard::spawn(command[0], Signal::Terminate, |program| {
        program.args(&command[1..]).current_dir(workspace());
        configure(program);
    })
    .map_err(failed)?;
    match interrupt.or_exit(&mut [program]).map_err(failed)? {
        Some((_, status)) if !status.success() => Err(Error::Failed { command: command.join(" "), status }),
        Some(_) => Ok(()),
        None => {
            eprintln!("\nstopping");
            Ok(())
        }
    }
}
