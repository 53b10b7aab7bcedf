use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, IoContext};
use crate::user::User;

/// Creates the folder `target/<name>` in this workspace, for files that the next run uses again, and returns its path.
///
/// If this process runs as root, and the server's user cannot enter the workspace (for example in `/root`), the folder
/// is `/var/lib/pg-session/<path of the workspace>/<name>`.
///
/// # Errors
///
/// Returns an error if the folder cannot be created, or if there is no user to run the server as.
pub fn persistent_dir(name: &str) -> Result<PathBuf, Error> {
    let [inside, outside] = candidates(name);
    fs::create_dir_all(&inside).at(&inside)?;
    if User::of_server()?.can_enter(&inside) {
        return Ok(inside);
    }
    fs::create_dir_all(&outside).at(&outside)?;
    for folder in outside.ancestors().take(3) {
        fs::set_permissions(folder, Permissions::from_mode(0o755)).at(folder)?;
    }
    Ok(outside)
}

/// Returns the two possible paths of a persistent folder, the preferred one first.
pub(crate) fn candidates(name: &str) -> [PathBuf; 2] {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = manifest.ancestors().nth(2).unwrap_or(manifest);
    let path = workspace.to_string_lossy().trim_matches('/').replace('/', "-");
    [workspace.join("target").join(name), Path::new("/var/lib/pg-session").join(path).join(name)]
}
