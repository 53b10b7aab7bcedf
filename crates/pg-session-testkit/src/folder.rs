use std::fs::Permissions;
use std::io::{self, PipeWriter};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::guard::Reaped;
use crate::user;

/// A unix socket's path has room for 103 bytes on macOS and 107 on Linux. This much of it is left
/// for the folder's own name and for the socket's.
const LONGEST_BASE: usize = 65;

/// Files in memory, on Linux: ten times as fast where a test makes a database and drops it again.
const MEMORY: &str = "/dev/shm";

/// In bytes: a test run has some dozen databases of 8 MB at once, and their log.
const ROOM: u64 = 4 << 30;

/// A temporary folder that goes when its last user goes.
///
/// Its users are this value and each process that holds a [`lease`](Self::lease). So it is removed
/// even when this process is killed, and not before the processes that work in it have ended.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    // Fields are dropped in this order: first the pipe ends, then the keeper is waited for.
    pipe: PipeWriter,
    _keeper: Reaped,
}

impl Folder {
    /// Makes a folder that only its owner can enter, with a path short enough for unix sockets.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made, or no shell can be started to look after it.
    pub fn new() -> io::Result<Self> {
        Self::within(&base())
    }

    /// Makes one in memory, where that has some gigabytes of room: for what need not last.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn in_memory() -> io::Result<Self> {
        let room = rustix::fs::statvfs(MEMORY).map_or(0, |memory| memory.f_bavail * memory.f_frsize);
        if room < ROOM { Self::new() } else { Self::within(Path::new(MEMORY)) }
    }

    fn within(base: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("pg-session-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(base)?;
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

    /// Where the folder is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What a process takes as its standard output to keep the folder for as long as it runs, and
    /// its children as long as they do. Whatever they write there is lost.
    ///
    /// # Errors
    ///
    /// When this process has too many open files.
    pub fn lease(&self) -> io::Result<Stdio> {
        self.pipe.try_clone().map(Stdio::from)
    }
}

/// The system's folder for temporary files, unless it has a long name or the server cannot enter it.
fn base() -> PathBuf {
    let usual = std::env::temp_dir();
    let fits = usual.as_os_str().len() <= LONGEST_BASE && user::of_server().is_ok_and(|user| user.can_enter(&usual));
    if fits { usual } else { PathBuf::from("/tmp") }
}
