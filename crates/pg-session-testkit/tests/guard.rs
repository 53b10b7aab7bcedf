//! `Guard` and `Folder`.

#![expect(clippy::unwrap_used, reason = "tests and their helpers fail by panicking")]

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use pg_session_testkit::{Folder, Guard, Signal};

fn guard(stop: Signal, script: &str, folder: &Path) -> Guard {
    Guard::spawn("/bin/sh", stop, |command| {
        command.args(["-c", script, "program"]).current_dir(folder);
    })
    .unwrap()
}

fn wait_for(path: &Path) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !path.exists() {
        assert!(Instant::now() < deadline, "{} does not exist after 10 seconds", path.display());
        sleep(Duration::from_millis(10));
    }
}

/// Writes the name of the signal that it receives.
const REPORTS_ITS_SIGNAL: &str = r#"
    for signal in INT QUIT TERM; do trap "echo $signal >output; exit 0" "$signal"; done
    touch ready
    while :; do sleep 0.05; done
"#;

/// A shell cannot trap signals that were ignored when it started, so this program receives only SIGTERM.
#[test]
fn drop_stops_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let guard = guard(Signal::Terminate, REPORTS_ITS_SIGNAL, folder.path());
    wait_for(&folder.path().join("ready"));
    drop(guard);
    assert_eq!(fs::read_to_string(folder.path().join("output")).unwrap(), "TERM\n");
}

#[test]
fn stop_sends_another_signal() {
    let folder = tempfile::tempdir().unwrap();
    let guard = guard(Signal::Interrupt, REPORTS_ITS_SIGNAL, folder.path());
    wait_for(&folder.path().join("ready"));
    assert!(guard.stop(Signal::Terminate).unwrap().success());
    assert_eq!(fs::read_to_string(folder.path().join("output")).unwrap(), "TERM\n");
}

#[test]
fn a_program_that_ignores_the_signal_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let guard = guard(Signal::Terminate, "trap '' TERM; touch ready; exec sleep 30", folder.path());
    wait_for(&folder.path().join("ready"));
    let began = Instant::now();
    assert_eq!(guard.stop(Signal::Terminate).unwrap().code(), Some(128 + 9));
    assert!(began.elapsed() < Duration::from_secs(25));
}

#[test]
fn drop_does_not_wait_for_the_timeout() {
    let start = Instant::now();
    for _ in 0..100 {
        let guard = Guard::spawn("sleep", Signal::Terminate, |command| {
            command.arg("60");
        });
        drop(guard.unwrap());
    }
    assert!(start.elapsed() < Duration::from_secs(9), "took {:?}", start.elapsed());
}

#[test]
fn wait_returns_the_exit_status() {
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    assert_eq!(guard(Signal::Terminate, "exit 7", folder.path()).wait().unwrap().code(), Some(7));
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn arguments_are_passed_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let argument = "a b'; touch injected; \"$HOME\" \\ *";
    let mut guard = Guard::spawn("/bin/sh", Signal::Terminate, |command| {
        command.args(["-c", r#"printf %s "$1" >output"#, "program", argument]).current_dir(folder.path());
    })
    .unwrap();
    assert!(guard.wait().unwrap().success());
    assert_eq!(fs::read_to_string(folder.path().join("output")).unwrap(), argument);
    assert!(!folder.path().join("injected").exists());
}

#[test]
fn a_folder_stays_while_a_process_holds_a_lease() {
    let folder = Folder::new().unwrap();
    let path = folder.path().to_owned();
    let lease = folder.lease().unwrap();
    let holder = Guard::spawn("sleep", Signal::Terminate, |command| {
        command.arg("60").stdout(lease);
    })
    .unwrap();
    let dropped = std::thread::spawn(|| drop(folder));
    sleep(Duration::from_millis(200));
    assert!(path.exists());
    drop(holder);
    dropped.join().unwrap();
    assert!(!path.exists());
}
