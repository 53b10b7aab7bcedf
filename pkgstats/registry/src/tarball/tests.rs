//! Tarballs that are odd, broken or hostile: said, no crash.

use std::io::{self, Cursor, Read, Write};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use pkgstats_core::manifest::{ModuleFormat, Types};
use tar::{Builder, EntryType, Header};

use super::entries::read;
use super::{Contents, Ignored, Limits};
use crate::error::{Error, ErrorKind};

type Tar = Builder<GzEncoder<Vec<u8>>>;

fn tar(fill: impl FnOnce(&mut Tar)) -> Vec<u8> {
    let mut tar = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    fill(&mut tar);
    tar.into_inner().unwrap().finish().unwrap()
}

fn add(tar: &mut Tar, path: &str, data: &[u8]) {
    entry(tar, path, EntryType::Regular, data.len() as u64, data);
}

/// Adds an entry whose path is written as it is, which `tar` itself refuses for `..`.
fn entry(tar: &mut Tar, path: &str, kind: EntryType, size: u64, data: impl Read) {
    let mut header = Header::new_ustar();
    header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    tar.append(&header, data).unwrap();
}

fn contents(bytes: &[u8]) -> Result<Contents, Error> {
    read("the tarball of a 1.0.0", bytes, Limits::default())
}

#[test]
fn a_package_is_read_whatever_its_root_folder_and_the_case_of_its_readme() {
    let bytes = tar(|tar| {
        add(tar, "node/package.json", br#"{"name": "a", "license": "MIT"}"#);
        add(tar, "node/ReadMe.MD", b"# A");
        add(tar, "node/docs/README.md", b"not this");
        add(tar, "node/README.zh-CN.md", b"nor this");
        add(tar, "node/index.d.ts", b"");
    });
    let contents = contents(&bytes).unwrap();
    assert_eq!(contents.manifest.as_ref().unwrap().name.as_deref(), Some("a"));
    let readme = contents.readme.as_ref().unwrap();
    assert_eq!((readme.path.as_str(), readme.text.as_str(), readme.is_truncated), ("ReadMe.MD", "# A", false));
    assert_eq!((contents.files.len(), contents.unpacked_size), (5, 31 + 3 + 8 + 8));
    assert_eq!(contents.packed_size, bytes.len() as u64);
    assert_eq!((contents.types(), contents.module_format()), (Types::Own, None));
}

#[test]
fn no_readme_no_manifest_and_a_broken_manifest_are_no_errors() {
    let empty = contents(&tar(|tar| add(tar, "package/index.mjs", b""))).unwrap();
    assert_eq!((empty.readme, empty.manifest, empty.files.len()), (None, None, 1));
    let broken = contents(&tar(|tar| {
        add(tar, "package/package.json", b"{");
        add(tar, "package/index.js", b"");
    }));
    assert_eq!(broken.unwrap().manifest, None);
    let esm = contents(&tar(|tar| {
        add(tar, "package/package.json", br#"{"type": "module"}"#);
        add(tar, "package/index.js", b"");
    }));
    assert_eq!(esm.unwrap().module_format(), Some(ModuleFormat::Esm));
}

#[test]
fn links_and_paths_that_lead_out_are_counted_and_left_out() {
    let contents = contents(&tar(|tar| {
        add(tar, "package/package.json", b"{}");
        add(tar, "package/../../etc/passwd", b"x");
        add(tar, "/etc/passwd", b"x");
        add(tar, "loose.js", b"x");
        for kind in [EntryType::Symlink, EntryType::Link] {
            entry(tar, "package/README.md", kind, 0, io::empty());
        }
        entry(tar, "package/pipe", EntryType::Fifo, 0, io::empty());
        entry(tar, "package/folder", EntryType::Directory, 0, io::empty());
        add(tar, "package/old-folder/", b"");
    }))
    .unwrap();
    assert_eq!(contents.ignored, Ignored { links: 2, outside: 3, other: 1 });
    assert_eq!((contents.ignored.total(), contents.files.len(), contents.readme), (6, 1, None));
}

#[test]
fn long_paths_come_from_their_extensions() {
    let long = format!("package/{}/index.js", "folder/".repeat(30));
    let pax = format!("path={long}\n");
    let pax = format!("{} {pax}", pax.len() + 4);
    let contents = contents(&tar(|tar| {
        entry(tar, "PaxHeader/index.js", EntryType::XHeader, pax.len() as u64, pax.as_bytes());
        add(tar, "package/short.js", b"x");
        entry(tar, "././@LongLink", EntryType::GNULongName, long.len() as u64, long.as_bytes());
        add(tar, "package/other.js", b"x");
        add(tar, "package/last.js", b"x");
    }))
    .unwrap();
    let paths: Vec<&str> = contents.files.iter().map(|file| file.path.as_str()).collect();
    // Both long paths are the same file.
    assert_eq!(paths, [&long.replace("//", "/")["package/".len()..], "last.js"]);
}

#[test]
fn a_bomb_is_too_large_before_it_is_unpacked() {
    let start = Instant::now();
    let announced = tar(|tar| entry(tar, "package/a", EntryType::Regular, 600 << 20, io::repeat(0).take(600 << 20)));
    let packing = start.elapsed();
    assert!(announced.len() < 8 << 20, "{} bytes of gzip", announced.len());
    let start = Instant::now();
    let error = contents(&announced).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.to_string().contains("unpacked, exceeds 512 MB"), "{error}");
    assert!(start.elapsed() < Duration::from_millis(200), "{:?}, packing {packing:?}", start.elapsed());
}

#[test]
fn many_files_and_what_follows_the_end_count_as_unpacked_too() {
    let limits = Limits { unpacked: 3 << 20, ..Limits::default() };
    let megabyte = vec![0; 1 << 20];
    let files = tar(|tar| (0..4).for_each(|n| add(tar, &format!("package/{n}"), &megabyte)));
    let error = read("a", &files[..], limits).unwrap_err();
    assert_eq!((error.kind(), error.to_string().contains("3 MB")), (ErrorKind::TooLarge, true));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let mut plain = Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_size(0);
    plain.append_data(&mut header, "package/a", io::empty()).unwrap();
    encoder.write_all(&plain.into_inner().unwrap()).unwrap();
    (0..4).for_each(|_| encoder.write_all(&megabyte).unwrap());
    assert_eq!(read("a", &encoder.finish().unwrap()[..], limits).unwrap_err().kind(), ErrorKind::TooLarge);
}

#[test]
fn a_hundred_thousand_entries_are_too_many() {
    let bytes = tar(|tar| (0..100_000).for_each(|n| add(tar, &format!("package/{n}"), b"")));
    let error = contents(&bytes).unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().contains("exceeds 50000 entries")),
        (ErrorKind::TooLarge, true),
        "{error}"
    );
}

#[test]
fn a_packed_size_above_the_limit_is_too_large() {
    let limits = Limits { packed: 1 << 20, ..Limits::default() };
    let noise: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(2 << 20).collect();
    let bytes = tar(|tar| add(tar, "package/a", &noise));
    assert!(bytes.len() > 1 << 20);
    let error = read("the tarball of a 1.0.0", &bytes[..], limits).unwrap_err();
    assert_eq!((error.kind(), error.to_string().contains("exceeds 1 MB")), (ErrorKind::TooLarge, true), "{error}");
}

#[test]
fn the_path_of_an_entry_cannot_fill_the_memory() {
    let bytes = tar(|tar| entry(tar, "x", EntryType::GNULongName, 100 << 20, io::repeat(b'a').take(100 << 20)));
    let error = contents(&bytes).unwrap_err();
    assert!(error.to_string().contains("the path of an entry is too long"), "{error}");
}

#[test]
fn a_long_readme_is_cut_within_no_character() {
    let limits = Limits { readme: 4, ..Limits::default() };
    let bytes = tar(|tar| add(tar, "package/README", "abcé, and more".as_bytes()));
    let readme = read("a", &bytes[..], limits).unwrap().readme.unwrap();
    assert_eq!((readme.text.as_str(), readme.is_truncated), ("abc", true));
}

#[test]
fn damaged_tarballs_are_broken_and_say_so() {
    let whole = tar(|tar| add(tar, "package/package.json", &[b' '; 5_000]));
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0xff;
    let cases: [(&str, &[u8]); 5] = [
        ("empty", b""),
        ("no archive", b"<html>not found</html>"),
        ("gzip of nothing", &[0x1f, 0x8b, 8, 0]),
        ("cut off", &whole[..whole.len() - 20]),
        ("damaged", &flipped),
    ];
    for (name, bytes) in cases {
        let error = contents(bytes).expect_err(name);
        assert_eq!(error.kind(), ErrorKind::Broken, "{name}: {error}");
        assert!(error.to_string().starts_with("the tarball of a 1.0.0 cannot be read: "), "{name}: {error}");
    }
    for length in 0..whole.len() {
        assert!(contents(&whole[..length]).is_err(), "cut off at {length}");
    }
}

#[test]
fn a_tarball_that_was_decompressed_on_its_way_is_read_too() {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(Cursor::new(tar(|tar| add(tar, "package/a.js", b"x"))))
        .read_to_end(&mut plain)
        .unwrap();
    assert_eq!(contents(&plain).unwrap().files.len(), 1);
}
