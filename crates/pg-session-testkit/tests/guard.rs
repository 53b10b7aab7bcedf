//! A guarded program ends when it should.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, its helpers too")]

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
        assert!(Instant::now() < deadline, "{} did not come", path.display());
        sleep(Duration::from_millis(10));
    }
}

const TELLS_ITS_SIGNAL: &str = r#"
    for signal in INT QUIT TERM; do trap "echo $signal >told; exit 0" "$signal"; done
    touch ready
    while :; do sleep 0.05; done
"#;

/// A shell may not trap what was ignored when it began, so only SIGTERM reaches this program.
#[test]
fn dropping_it_stops_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let guard = guard(Signal::Terminate, TELLS_ITS_SIGNAL, folder.path());
    wait_for(&folder.path().join("ready"));
    drop(guard);
    assert_eq!(fs::read_to_string(folder.path().join("told")).unwrap(), "TERM\n");
}

#[test]
fn another_signal_may_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let guard = guard(Signal::Interrupt, TELLS_ITS_SIGNAL, folder.path());
    wait_for(&folder.path().join("ready"));
    assert!(guard.stop(Signal::Terminate).unwrap().success());
    assert_eq!(fs::read_to_string(folder.path().join("told")).unwrap(), "TERM\n");
}

#[test]
fn a_program_that_does_not_stop_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let deaf = guard(Signal::Terminate, "trap '' TERM; touch ready; sleep 30", folder.path());
    wait_for(&folder.path().join("ready"));
    let began = Instant::now();
    assert_eq!(deaf.stop(Signal::Terminate).unwrap().code(), Some(128 + 9));
    assert!(began.elapsed() < Duration::from_secs(25));
}

#[test]
fn a_program_that_ends_by_itself_is_told_with_its_status() {
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    assert_eq!(guard(Signal::Terminate, "exit 7", folder.path()).wait().unwrap().code(), Some(7));
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn arguments_arrive_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let odd = "a b'; touch spliced; \"$HOME\" \\ *";
    let mut guard = Guard::spawn("/bin/sh", Signal::Terminate, |command| {
        command.args(["-c", r#"printf %s "$1" >told"#, "program", odd]).current_dir(folder.path());
    })
    .unwrap();
    assert!(guard.wait().unwrap().success());
    assert_eq!(fs::read_to_string(folder.path().join("told")).unwrap(), odd);
    assert!(!folder.path().join("spliced").exists());
}

#[test]
fn a_folder_stays_while_a_process_holds_it() {
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
