//! Opens a file: JSON, also compressed with gzip, or an archive of npm.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use pkgstats_core::figure::Month;
use serde::Deserialize;

use crate::error::Error;
use crate::import::fault::Fault;
use crate::import::item::Item;
use crate::import::kind::Kind;
use crate::import::parse::parse;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const BUFFER: usize = 1 << 16;

#[derive(Deserialize)]
struct Manifest {
    version: String,
}

/// Where the content of an import is.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    File(PathBuf),
    /// Compressed with gzip.
    Embedded(&'static [u8]),
}

impl Source {
    /// The path for messages.
    pub(crate) fn path(&self) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Embedded(_) => PathBuf::from("the data of this program"),
        }
    }
}

/// Calls `each` for all items of a source. Returns the month of the release, if it has one.
pub(crate) fn read(kind: Kind, source: &Source, each: &mut dyn FnMut(Item)) -> Result<Option<Month>, Error> {
    match source {
        Source::File(path) => read_file(kind, path, each),
        Source::Embedded(content) => {
            let content = BufReader::with_capacity(BUFFER, GzDecoder::new(*content));
            parse(kind, content, each).map_err(|fault| error(&source.path(), "", fault))?;
            Ok(None)
        }
    }
}

/// Calls `each` for all items of a file. Returns the month of the release, if the archive has one.
fn read_file(kind: Kind, path: &Path, each: &mut dyn FnMut(Item)) -> Result<Option<Month>, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let mut file = BufReader::with_capacity(BUFFER, File::open(path).map_err(failed)?);
    let is_gzip = file.fill_buf().map_err(failed)?.starts_with(&GZIP);
    let name = path.to_string_lossy();
    if is_gzip && (name.ends_with(".tgz") || name.ends_with(".tar.gz")) {
        return read_archive(kind, path, GzDecoder::new(file), each);
    }
    let content: Box<dyn Read> = if is_gzip { Box::new(GzDecoder::new(file)) } else { Box::new(file) };
    let content = BufReader::with_capacity(BUFFER, content);
    parse(kind, content, each).map_err(|fault| error(path, "", fault))?;
    Ok(None)
}

fn read_archive(
    kind: Kind,
    path: &Path,
    content: impl Read,
    each: &mut dyn FnMut(Item),
) -> Result<Option<Month>, Error> {
    let failed = |source: io::Error| Error::Read { path: path.to_owned(), source };
    let mut archive = tar::Archive::new(content);
    let (mut has_data, mut month) = (false, None);
    for entry in archive.entries().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let full = entry.path().map_err(failed)?.to_string_lossy().into_owned();
        // The name of the first folder is not always `package`.
        let inside = full.split_once('/').map_or(&*full, |(_, inside)| inside);
        if inside == "package.json" {
            let manifest: Result<Manifest, _> = serde_json::from_reader(BufReader::new(entry));
            month = manifest.ok().and_then(|manifest| Month::from_version(&manifest.version));
        } else if kind.is_member(inside) {
            has_data = true;
            let content = BufReader::with_capacity(BUFFER, entry);
            parse(kind, content, each).map_err(|fault| error(path, &full, fault))?;
        }
    }
    if has_data {
        Ok(month)
    } else {
        Err(Error::NoMember { path: path.to_owned(), member: kind.member(), kind: kind.name() })
    }
}

fn error(path: &Path, member: &str, fault: Fault) -> Error {
    let path = path.to_owned();
    let place = if member.is_empty() { String::new() } else { format!("{member}, ") };
    match fault {
        Fault::Read(source) => Error::Read { path, source },
        Fault::Line { line, what } => Error::Broken { path, place, line, what },
    }
}
