use std::io;
use std::process::ExitStatus;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use pg_session_testkit::Guard;

use crate::error::Error;

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
