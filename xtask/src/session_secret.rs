use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process;

use pg_session_testkit::random_token;

use crate::error::Error;

/// The length of a secret in hexadecimal digits. actix-web requires 64 bytes, and the other frameworks fewer.
const LENGTH: usize = 64;

/// The file mode: only the owner may read and write.
const PRIVATE: u32 = 0o600;

/// Returns the key with which the example apps sign cookies, from the file `session-secret` in `folder`. Creates the file
/// if it does not exist. Only the owner can read it. The next run uses the same key, so cookies stay valid.
pub(crate) fn load_or_create(folder: &Path) -> Result<String, Error> {
    let path = folder.join("session-secret");
    let secret = match fs::read_to_string(&path) {
        // An interrupted run may have left a partial file.
        Ok(secret) if secret.len() == LENGTH => make_private(&path).map(|()| secret),
        Ok(_) => create(&path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(&path),
        Err(error) => Err(error),
    };
    secret.map_err(|source| Error::SessionSecret { path, source })
}

fn create(path: &Path) -> io::Result<String> {
    let secret = random_token()? + &random_token()?;
    let temporary = path.with_extension(format!("temporary-{}", process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(&temporary)?;
    let created = file.write_all(secret.as_bytes()).and_then(|()| fs::rename(&temporary, path));
    created.map(|()| secret).inspect_err(|_| drop(fs::remove_file(&temporary)))
}

fn make_private(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(PRIVATE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_private_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let secret = load_or_create(folder.path()).unwrap();
        assert_eq!(secret.len(), LENGTH);
        let mode = fs::metadata(folder.path().join("session-secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(load_or_create(folder.path()).unwrap(), secret);
    }

    #[test]
    fn every_folder_has_its_own_secret() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let secrets = folders.each_ref().map(|folder| load_or_create(folder.path()).unwrap());
        assert_ne!(secrets[0], secrets[1]);
    }

    #[test]
    fn a_partial_file_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("session-secret"), "").unwrap();
        assert_eq!(load_or_create(folder.path()).unwrap().len(), LENGTH);
    }

    #[test]
    fn a_file_that_others_can_read_becomes_private() {
        for content in ["a".repeat(LENGTH), "partial".to_owned()] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("session-secret");
            fs::write(&path, &content).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
            let secret = load_or_create(folder.path()).unwrap();
            assert_eq!(secret == content, content.len() == LENGTH);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{content}");
        }
    }

    #[test]
    fn an_unreadable_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("session-secret")).unwrap();
        let error = load_or_create(folder.path()).unwrap_err().to_string();
        assert!(error.contains("session-secret"), "{error}");
    }
}
