//! A folder instead of a registry: `NAME.json` (`@scope/NAME.json`) and tarballs as `npm pack` names them.

use std::fs::File;
use std::io::{ErrorKind as IoErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};

#[derive(Clone, Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Opens a packument. The name was checked, and leads to no other folder.
    pub(crate) fn packument(&self, what: &str, name: &str) -> Result<File> {
        open(what, &self.path.join(format!("{name}.json")))
    }

    /// Opens a tarball.
    pub(crate) fn tarball(&self, what: &str, name: &str, version: &str) -> Result<File> {
        let name = name.trim_start_matches('@').replace('/', "-");
        // A version with a slash would lead out of the folder.
        if version.contains(['/', '\\']) {
            return Err(Error::new(ErrorKind::Invalid, format!("{what} has an invalid version: remove the slash")));
        }
        open(what, &self.path.join(format!("{name}-{version}.tgz")))
    }
}

/// Reads a file up to a number of bytes.
pub(crate) fn read(what: &str, file: File, limit: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(|error| failed(what, error))?;
    if bytes.len() > limit {
        return Err(Error::too_large(what, format_args!("{} MB", limit >> 20)));
    }
    Ok(bytes)
}

fn open(what: &str, path: &Path) -> Result<File> {
    File::open(path).map_err(|error| match error.kind() {
        IoErrorKind::NotFound => {
            let message = format!("{what} was not found: there is no file {}; put it there", path.display());
            Error::new(ErrorKind::NotFound, message).with_source(error)
        }
        _ => failed(what, error),
    })
}

fn failed(what: &str, error: std::io::Error) -> Error {
    let message = format!("{what} cannot be read from its folder: {error}; check the folder's permissions");
    Error::new(ErrorKind::Unreachable, message).with_source(error)
}
