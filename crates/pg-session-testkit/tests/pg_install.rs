//! How `PgInstall::find` searches, and its errors.

#![expect(clippy::unwrap_used, reason = "tests and their helpers fail by panicking")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use pg_session_testkit::PgInstall;
use tempfile::TempDir;

/// The process that searches in the tests below, which set its environment.
#[test]
#[ignore = "a helper process of the other tests"]
fn finder() {
    match PgInstall::find() {
        Ok(install) => println!("\nfound {} {}", install.major(), install.folder().display()),
        Err(error) => println!("\nerror {error}"),
    }
}

/// Returns the output of `finder` with this PG_SESSION_PG_BIN, and with these folders at the beginning of the PATH.
fn find(pg_bin: &str, path: &[&Path]) -> String {
    let system = ["/usr/bin", "/bin"].map(Path::new);
    let path = std::env::join_paths(path.iter().chain(&system)).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "finder", "--ignored", "--nocapture"])
        .env("PG_SESSION_PG_BIN", pg_bin)
        .env("PATH", path)
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let is_result = |line: &&str| line.starts_with("found ") || line.starts_with("error ");
    output.lines().find(is_result).unwrap().to_owned()
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

fn script(folder: &Path, name: &str, output: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\necho '{output}'\n")).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
}

fn install(major: u32) -> TempDir {
    let folder = folder();
    script(folder.path(), "initdb", "");
    script(folder.path(), "postgres", &format!("postgres (PostgreSQL) {major}.1"));
    folder
}

#[test]
fn pg_bin_takes_precedence_over_the_path() {
    let (pg_bin, on_path) = (install(91), install(92));
    let pg_bin = pg_bin.path().to_str().unwrap();
    assert_eq!(find(pg_bin, &[on_path.path()]), format!("found 91 {pg_bin}"));
}

#[test]
fn an_unusable_pg_bin_is_an_error() {
    let (empty, on_path, broken) = (folder(), install(92), install(93));
    let error = find(empty.path().to_str().unwrap(), &[on_path.path()]);
    assert!(error.contains("PG_SESSION_PG_BIN") && error.contains("contains no initdb"), "{error}");

    script(broken.path(), "postgres", "something else");
    let error = find(broken.path().to_str().unwrap(), &[on_path.path()]);
    assert!(error.contains("prints no version"), "{error}");
}

#[test]
fn an_empty_pg_bin_is_ignored() {
    let on_path = install(92);
    assert_eq!(find("", &[on_path.path()]), format!("found 92 {}", on_path.path().display()));
}

#[test]
fn pg_config_follows_the_path() {
    let (installed, without) = (install(94), folder());
    let installed = installed.path().to_str().unwrap();
    script(without.path(), "pg_config", installed);
    assert_eq!(find("", &[without.path()]), format!("found 94 {installed}"));
}
