use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::error::At;
use crate::user;

/// Makes the folder `target/<name>` of this workspace, for what should last over runs.
///
/// Where we are root, and the checkout lies in a folder that the server's user cannot enter (such
/// as `/root`), the folder is `/var/lib/pg-session/<path of the checkout>/<name>` instead.
///
/// # Errors
///
/// When the folder cannot be made, or there is no user for the server.
pub fn persistent_dir(name: &str) -> Result<PathBuf, Error> {
    let [inside, outside] = places(name);
    fs::create_dir_all(&inside).at(&inside)?;
    if user::of_server()?.can_enter(&inside) {
        return Ok(inside);
    }
    fs::create_dir_all(&outside).at(&outside)?;
    for folder in outside.ancestors().take(3) {
        fs::set_permissions(folder, Permissions::from_mode(0o755)).at(folder)?;
    }
    Ok(outside)
}

/// Where a lasting folder may be, the usual place first.
pub(crate) fn places(name: &str) -> [PathBuf; 2] {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = manifest.ancestors().nth(2).unwrap_or(manifest);
    let path = workspace.to_string_lossy().trim_matches('/').replace('/', "-");
    [workspace.join("target").join(name), Path::new("/var/lib/pg-session").join(path).join(name)]
}
