use std::io;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Error;

/// As whom the server runs: PostgreSQL refuses to run as root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum User {
    /// As whoever we are.
    Ourselves,
    /// We are root, and the server is somebody without rights.
    Other { name: &'static str, uid: u32, gid: u32 },
}

/// The user for a server that this process starts.
pub(crate) fn of_server() -> Result<User, Error> {
    if id(&["-u"]) != Some(0) {
        return Ok(User::Ourselves);
    }
    ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| {
            let (uid, gid) = (id(&["-u", name])?, id(&["-g", name])?);
            Some(User::Other { name, uid, gid })
        })
        .ok_or(Error::NoUser)
}

impl User {
    /// Makes `command` run as this user.
    pub(crate) fn runs(&self, command: &mut Command) {
        if let Self::Other { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
    }

    /// Makes this user the owner of `path`.
    pub(crate) fn owns(&self, path: &Path) -> io::Result<()> {
        match self {
            Self::Ourselves => Ok(()),
            Self::Other { uid, gid, .. } => chown(path, Some(*uid), Some(*gid)),
        }
    }

    /// Whether this user can enter the folder `path`.
    pub(crate) fn can_enter(&self, path: &Path) -> bool {
        let mut test = Command::new("test");
        test.arg("-x").arg(path).stdin(Stdio::null());
        self.runs(&mut test);
        test.status().is_ok_and(|status| status.success())
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Ourselves => "the current user",
            Self::Other { name, .. } => name,
        }
    }
}

fn id(args: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(args).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
