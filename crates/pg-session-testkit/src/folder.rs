use std::fs::Permissions;
use std::io::{self, PipeWriter};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::guard::Reaped;
use crate::user::User;

/// The longest path of the parent folder, in bytes. The path of a Unix socket is limited to 103 bytes on macOS and 107 on
/// Linux, and the names of the folder and of the socket need the rest.
const MAX_PARENT: usize = 65;

/// Linux's file system in memory. `CREATE DATABASE` and `DROP DATABASE` are ten times as fast there as on a disk.
const MEMORY: &str = "/dev/shm";

/// The free memory that [`Folder::in_memory`] requires, in bytes. A test run has some dozen databases of 8 MB at a time,
/// and their WAL.
const MIN_FREE: u64 = 4 << 30;

/// A temporary folder that is deleted when its last user ends.
///
/// Its users are this value and every process with a [`lease`](Self::lease). The folder is deleted even if this process
/// is killed, but not before the processes that work in it have ended.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    // The order of the fields is the order of the drops: the keeper ends after the pipe is closed.
    pipe: PipeWriter,
    _keeper: Reaped,
}

impl Folder {
    /// Creates a folder that only its owner can enter, with a path short enough for Unix sockets.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder cannot be created, or if the shell that will delete it cannot be started.
    pub fn new() -> io::Result<Self> {
        Self::within(&default_parent())
    }

    /// Creates a folder in memory if that has 4 GiB free, and otherwise like [`new`](Self::new).
    ///
    /// # Errors
    ///
    /// See [`new`](Self::new).
    pub fn in_memory() -> io::Result<Self> {
        let free = rustix::fs::statvfs(MEMORY).map_or(0, |memory| memory.f_bavail * memory.f_frsize);
        if free < MIN_FREE { Self::new() } else { Self::within(Path::new(MEMORY)) }
    }

    fn within(parent: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("pg-session-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)?;
        let (input, pipe) = io::pipe()?;
        let keeper = Command::new("/bin/sh")
            .args(["-c", r#"cat >/dev/null; exec rm -rf -- "$1""#, "keeper"])
            .arg(folder.path())
            .stdin(Stdio::from(input))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Self { path: folder.keep(), pipe, _keeper: Reaped(keeper) })
    }

    /// Returns the folder's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns a lease, to be used as the standard output of a process.
    ///
    /// The folder stays while that process or one of its children runs. What they write to the lease is discarded.
    ///
    /// # Errors
    ///
    /// Returns an error if this process has too many open files.
    pub fn lease(&self) -> io::Result<Stdio> {
        self.pipe.try_clone().map(Stdio::from)
    }
}

/// Returns the system's temporary folder, or `/tmp` if its path is too long or the server's user cannot enter it.
fn default_parent() -> PathBuf {
    let system = std::env::temp_dir();
    let fits = system.as_os_str().len() <= MAX_PARENT && User::of_server().is_ok_and(|user| user.can_enter(&system));
    if fits { system } else { PathBuf::from("/tmp") }
}
