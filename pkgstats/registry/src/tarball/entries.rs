//! Walks through the entries of a tarball.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use pkgstats_core::manifest::Manifest;
use tar::{Archive, Entry, EntryType, PaxExtensions};

use super::bounded::{self, Bounded};
use super::contents::{Contents, File};
use super::limits::Limits;
use super::path::within_package;
use super::readme;
use crate::error::{Error, Result};

/// A longer `package.json` is not read.
const MAX_MANIFEST: u64 = 1 << 20;

/// The names of long paths are entries of their own, which `tar` would read into memory whatever their length.
const MAX_EXTENSION: u64 = 64 << 10;

pub(super) fn read<R: Read>(what: &str, reader: R, limits: Limits) -> Result<Contents> {
    let failed = |error| bounded::unwrap(error, |error| Error::broken(what, &error).with_source(error));
    let mut packed = BufReader::new(Bounded::new(reader, limits.packed, what.to_owned()));
    let is_compressed = packed.fill_buf().map_err(failed)?.starts_with(&[0x1f, 0x8b]);
    let mut contents = if is_compressed {
        let mut decoder = GzDecoder::new(&mut packed);
        walk(what, &mut decoder, limits)?
    } else {
        // A server may have decompressed it on its way.
        walk(what, &mut packed, limits)?
    };
    contents.packed_size = packed.get_ref().count();
    Ok(contents)
}

fn walk(what: &str, reader: &mut dyn Read, limits: Limits) -> Result<Contents> {
    let failed = |error| bounded::unwrap(error, |error| Error::broken(what, &error).with_source(error));
    let reader = Bounded::new(reader, limits.unpacked, format!("{what}, unpacked,"));
    let mut archive = Archive::new(reader);
    let mut walker =
        Walker { contents: Contents::default(), limits, by_path: HashMap::new(), long_path: None, best: None };
    for (index, entry) in archive.entries().map_err(failed)?.raw(true).enumerate() {
        if index >= limits.entries {
            return Err(Error::too_large(what, format_args!("{} entries", limits.entries)));
        }
        let entry = entry.map_err(failed)?;
        // An entry says how long it is before it is unpacked.
        if entry.header().entry_size().is_ok_and(|size| size > limits.unpacked) {
            return Err(Error::too_large(&format!("{what}, unpacked,"), format_args!("{} MB", limits.unpacked >> 20)));
        }
        walker.entry(entry).map_err(failed)?;
    }
    // What follows the archive's end is read too: it counts, and a cut-off or damaged end is found.
    let mut reader = archive.into_inner();
    io::copy(&mut reader, &mut io::sink()).map_err(failed)?;
    if reader.count() == 0 {
        return Err(Error::broken(what, "it is empty"));
    }
    let mut contents = walker.contents;
    contents.unpacked_size = contents.files.iter().map(|file| file.size).sum();
    Ok(contents)
}

struct Walker {
    contents: Contents,
    limits: Limits,
    by_path: HashMap<String, usize>,
    /// The path of the next entry, if it is too long for a header.
    long_path: Option<Vec<u8>>,
    /// How good the readme is that was found.
    best: Option<u8>,
}

impl Walker {
    fn entry<R: Read>(&mut self, mut entry: Entry<'_, R>) -> io::Result<()> {
        match entry.header().entry_type() {
            EntryType::GNULongName => {
                let mut path = extension(&mut entry)?;
                path.truncate(path.iter().position(|byte| *byte == 0).unwrap_or(path.len()));
                self.long_path = Some(path);
                return Ok(());
            }
            EntryType::XHeader => {
                let bytes = extension(&mut entry)?;
                let path = PaxExtensions::new(&bytes).flatten().find(|extension| extension.key_bytes() == b"path");
                self.long_path = path.map(|path| path.value_bytes().to_vec()).or(self.long_path.take());
                return Ok(());
            }
            EntryType::GNULongLink | EntryType::XGlobalHeader | EntryType::Directory => return Ok(()),
            EntryType::Regular | EntryType::Continuous => {}
            EntryType::Link | EntryType::Symlink => self.contents.ignored.links += 1,
            _ => self.contents.ignored.other += 1,
        }
        let path = self.long_path.take().unwrap_or_else(|| entry.path_bytes().into_owned());
        if !matches!(entry.header().entry_type(), EntryType::Regular | EntryType::Continuous) {
            return Ok(());
        }
        // Old archives mark a folder only by the slash at its end.
        if path.ends_with(b"/") {
            return Ok(());
        }
        match within_package(&path) {
            Some(path) => self.file(path, entry),
            None => {
                self.contents.ignored.outside += 1;
                Ok(())
            }
        }
    }

    fn file<R: Read>(&mut self, path: String, mut entry: Entry<'_, R>) -> io::Result<()> {
        let size = entry.header().entry_size()?;
        if path == "package.json" && size <= MAX_MANIFEST {
            let mut json = Vec::new();
            entry.read_to_end(&mut json)?;
            self.contents.manifest = Manifest::from_slice(&json);
        }
        if let Some(preference) = readme::preference(&path).filter(|found| self.best.is_none_or(|best| *found <= best))
        {
            self.best = Some(preference);
            self.contents.readme = Some(readme::read(&path, &mut entry, self.limits.readme)?);
        }
        // The last of two files of one path is what npm unpacks.
        match self.by_path.get(&path) {
            Some(index) => self.contents.files[*index].size = size,
            None => {
                self.by_path.insert(path.clone(), self.contents.files.len());
                self.contents.files.push(File { path, size });
            }
        }
        Ok(())
    }
}

fn extension<R: Read>(entry: &mut Entry<'_, R>) -> io::Result<Vec<u8>> {
    if entry.header().entry_size()? > MAX_EXTENSION {
        return Err(io::Error::other("the path of an entry is too long"));
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes)?;
    Ok(bytes)
}
