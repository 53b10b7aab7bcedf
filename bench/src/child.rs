//! A child process that reports in lines and never outlives the bench.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::process::Command;

use pg_session_testkit::{Guard, Signal};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::unix::pipe::Receiver;

use crate::error::BoxError;

pub(crate) struct Child {
    name: String,
    lines: Lines<BufReader<Receiver>>,
    _guard: Guard,
}

impl Child {
    pub(crate) fn spawn(program: impl AsRef<OsStr>, configure: impl FnOnce(&mut Command)) -> Result<Self, BoxError> {
        let name = program.as_ref().to_string_lossy().into_owned();
        let (reader, writer) = io::pipe()?;
        let guard = Guard::spawn(program, Signal::Terminate, |command| {
            command.stdout(writer);
            configure(command);
        })?;
        let lines = BufReader::new(Receiver::from_owned_fd(OwnedFd::from(reader))?).lines();
        Ok(Self { name, lines, _guard: guard })
    }

    /// Returns the next line of its standard output.
    pub(crate) async fn line(&mut self) -> Result<String, BoxError> {
        let line = self.lines.next_line().await?;
        line.ok_or_else(|| format!("{} exited before it answered: see its messages above", self.name).into())
    }

    /// Returns the next line and waits until the process closes its output.
    pub(crate) async fn last_line(mut self) -> Result<String, BoxError> {
        let line = self.line().await?;
        while self.lines.next_line().await?.is_some() {}
        Ok(line)
    }
}
