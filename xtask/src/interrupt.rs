use std::io;
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use pg_session_testkit::{Guard, Signal};

use crate::error::Error;
use crate::workspace::workspace;

const POLL: Duration = Duration::from_millis(50);

/// The user's wish to stop: Ctrl-C, SIGTERM or SIGHUP.
pub(crate) struct Interrupt(Receiver<()>);

impl Interrupt {
    /// From here on, these signals do not end this process.
    pub(crate) fn install() -> Result<Self, Error> {
        let (sender, receiver) = mpsc::channel();
        ctrlc::set_handler(move || {
            // Fails only when nobody waits for it any more, for all is being stopped anyway.
            let _ = sender.send(());
        })?;
        Ok(Self(receiver))
    }

    /// Which of the programs ended first, and how; none when the user's wish came before that.
    pub(crate) fn or_end(&self, programs: &mut [Guard]) -> io::Result<Option<(usize, ExitStatus)>> {
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

/// Runs a command in the workspace to its end, where it must succeed, or until the user wishes to stop: then it is told to,
/// and waited for.
pub(crate) fn run_or_stop(command: &[&str], configure: impl FnOnce(&mut Command)) -> Result<(), Error> {
    let interrupt = Interrupt::install()?;
    let failed = |source| Error::Run { command: command.join(" "), source };
    let program = Guard::spawn(command[0], Signal::Terminate, |program| {
        program.args(&command[1..]).current_dir(workspace());
        configure(program);
    })
    .map_err(failed)?;
    match interrupt.or_end(&mut [program]).map_err(failed)? {
        Some((_, status)) if !status.success() => Err(Error::Failed { command: command.join(" "), status }),
        Some(_) => Ok(()),
        None => {
            eprintln!("\nstopping");
            Ok(())
        }
    }
}
