//! A program that cannot outlive the bench, and tells things in lines.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::process::Command;

use pg_session_testkit::{Guard, Signal};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::unix::pipe::Receiver;

use crate::task::Failure;

pub(crate) struct Child {
    name: String,
    lines: Lines<BufReader<Receiver>>,
    _guard: Guard,
}

impl Child {
    pub(crate) fn spawn(program: impl AsRef<OsStr>, configure: impl FnOnce(&mut Command)) -> Result<Self, Failure> {
        let name = program.as_ref().to_string_lossy().into_owned();
        let (reader, writer) = io::pipe()?;
        let guard = Guard::spawn(program, Signal::Terminate, |command| {
            command.stdout(writer);
            configure(command);
        })?;
        let lines = BufReader::new(Receiver::from_owned_fd(OwnedFd::from(reader))?).lines();
        Ok(Self { name, lines, _guard: guard })
    }

    /// The next line that it writes.
    pub(crate) async fn line(&mut self) -> Result<String, Failure> {
        let line = self.lines.next_line().await?;
        line.ok_or_else(|| format!("{} ended before it answered; it said why above", self.name).into())
    }
    /// The next line of one that has nothing more to say, once it has ended.
    pub(crate) async fn last_line(mut self) -> Result<String, Failure> {
        let line = self.line().await?;
        while self.lines.next_line().await?.is_some() {}
        Ok(line)
    }
}
