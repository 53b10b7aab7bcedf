//! The programs are found in each of the ways, and it is clear why not.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, its helpers too")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use pg_session_testkit::PgInstall;
use tempfile::TempDir;

/// Not a test of its own: the process with an environment that the tests below choose.
#[test]
#[ignore = "the other tests run it in a process of its own"]
fn finder() {
    match PgInstall::find() {
        Ok(programs) => println!("\nfound {} {}", programs.major(), programs.folder().display()),
        Err(error) => println!("\nerror {error}"),
    }
}

/// What `PgInstall::find` says under this PG_SESSION_PG_BIN, with these folders before the system's
/// own on the PATH.
fn find(named: &str, path: &[&Path]) -> String {
    let system = ["/usr/bin", "/bin"].map(Path::new);
    let path = std::env::join_paths(path.iter().chain(&system)).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "finder", "--ignored", "--nocapture"])
        .env("PG_SESSION_PG_BIN", named)
        .env("PATH", path)
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let told = |line: &&str| line.starts_with("found ") || line.starts_with("error ");
    output.lines().find(told).unwrap().to_owned()
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

fn script(folder: &Path, name: &str, says: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\necho '{says}'\n")).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
}

fn programs(major: u32) -> TempDir {
    let folder = folder();
    script(folder.path(), "initdb", "");
    script(folder.path(), "postgres", &format!("postgres (PostgreSQL) {major}.1"));
    folder
}

#[test]
fn a_named_folder_comes_first() {
    let (named, on_path) = (programs(91), programs(92));
    let named = named.path().to_str().unwrap();
    assert_eq!(find(named, &[on_path.path()]), format!("found 91 {named}"));
}

#[test]
fn a_named_folder_that_does_not_serve_is_an_error() {
    let (empty, on_path, broken) = (folder(), programs(92), programs(93));
    let told = find(empty.path().to_str().unwrap(), &[on_path.path()]);
    assert!(told.contains("PG_SESSION_PG_BIN names") && told.contains("no initdb"), "{told}");

    script(broken.path(), "postgres", "something else");
    let told = find(broken.path().to_str().unwrap(), &[on_path.path()]);
    assert!(told.contains("does not tell a version"), "{told}");
}

#[test]
fn an_empty_name_is_none() {
    let on_path = programs(92);
    assert_eq!(find("", &[on_path.path()]), format!("found 92 {}", on_path.path().display()));
}

#[test]
fn pg_config_is_asked_next() {
    let (told, without) = (programs(94), folder());
    let told = told.path().to_str().unwrap();
    script(without.path(), "pg_config", told);
    assert_eq!(find("", &[without.path()]), format!("found 94 {told}"));
}
