use std::io;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::Error;

/// The user that a server runs as. It differs from the current user if that is root, because PostgreSQL refuses to run
/// as root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum User {
    /// The user of this process.
    Current,
    /// An unprivileged user, because this process runs as root.
    Other { name: &'static str, uid: u32, gid: u32 },
}

impl User {
    /// Returns the user for the servers that this process starts.
    pub(crate) fn of_server() -> Result<Self, Error> {
        if id(&["-u"]) != Some(0) {
            return Ok(Self::Current);
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| {
                let (uid, gid) = (id(&["-u", name])?, id(&["-g", name])?);
                Some(Self::Other { name, uid, gid })
            })
            .ok_or(Error::NoUser)
    }

    /// Makes `command` run as this user.
    pub(crate) fn apply_to(&self, command: &mut Command) {
        if let Self::Other { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
    }

    /// Makes this user the owner of `path`.
    pub(crate) fn take_ownership(&self, path: &Path) -> io::Result<()> {
        match self {
            Self::Current => Ok(()),
            Self::Other { uid, gid, .. } => chown(path, Some(*uid), Some(*gid)),
        }
    }

    /// Returns whether this user can enter the folder `path`.
    pub(crate) fn can_enter(&self, path: &Path) -> bool {
        let mut test = Command::new("test");
        test.arg("-x").arg(path).stdin(Stdio::null());
        self.apply_to(&mut test);
        test.status().is_ok_and(|status| status.success())
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Current => "the current user",
            Self::Other { name, .. } => name,
        }
    }
}

fn id(args: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(args).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
