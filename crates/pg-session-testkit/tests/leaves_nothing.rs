//! A server leaves no process and no folder, however the process that started it ends.

#![expect(clippy::unwrap_used, reason = "tests and their helpers fail by panicking")]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use pg_session_testkit::{Address, Server};

const ENDING: &str = "PG_SESSION_TESTKIT_ENDING";

/// The process that starts a server in the tests below.
#[test]
#[ignore = "a helper process of the other tests"]
fn owner() {
    let report = |server: &Address| println!("\n{}", server.socket_dir().display());
    match std::env::var(ENDING).unwrap().as_str() {
        "exit" => {
            report(Server::shared());
            std::process::exit(0);
        }
        "panic" => {
            let server = Server::start().unwrap();
            report(&server);
            panic!("on purpose");
        }
        _ => {
            let server = Server::start().unwrap();
            report(&server);
            sleep(Duration::from_secs(60));
        }
    }
}

/// Starts a process that starts a server. Returns the process and the server's folder.
fn start_owner(ending: &str) -> (Child, PathBuf) {
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "owner", "--ignored", "--nocapture"])
        .env(ENDING, ending)
        .env_remove("PG_SESSION_TEST_SERVER")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    let folder = lines.map(Result::unwrap).find(|line| line.starts_with('/')).unwrap();
    (owner, folder.into())
}

fn has_processes(folder: &std::path::Path) -> bool {
    let processes = Command::new("ps").args(["-A", "-o", "args="]).output().unwrap();
    String::from_utf8_lossy(&processes.stdout).contains(folder.to_str().unwrap())
}

/// The folder is deleted after the last process of the server has ended.
fn assert_nothing_is_left(folder: &std::path::Path) {
    let deadline = Instant::now() + Duration::from_secs(15);
    while folder.exists() || has_processes(folder) {
        assert!(Instant::now() < deadline, "{} or a process in it still exists", folder.display());
        sleep(Duration::from_millis(20));
    }
}

fn end_by_signal(signal: &str) {
    let (mut owner, folder) = start_owner(signal);
    assert!(folder.exists() && has_processes(&folder));
    let kill = Command::new("kill").args(["-s", signal, &owner.id().to_string()]).status().unwrap();
    assert!(kill.success());
    assert!(!owner.wait().unwrap().success());
    assert_nothing_is_left(&folder);
}

#[test]
fn after_drop() {
    let server = Server::start().unwrap();
    let folder = server.socket_dir().to_owned();
    assert!(folder.exists() && has_processes(&folder));
    drop(server);
    assert!(!folder.exists() && !has_processes(&folder));
}

#[test]
fn after_drop_of_a_stopped_server() {
    let mut server = Server::start().unwrap();
    let folder = server.socket_dir().to_owned();
    server.stop().unwrap();
    assert!(folder.exists());
    drop(server);
    assert!(!folder.exists() && !has_processes(&folder));
}

#[test]
fn after_an_exit_with_the_shared_server() {
    let (mut owner, folder) = start_owner("exit");
    assert!(owner.wait().unwrap().success());
    assert_nothing_is_left(&folder);
}

#[test]
fn after_a_panic() {
    let (mut owner, folder) = start_owner("panic");
    assert!(!owner.wait().unwrap().success());
    assert_nothing_is_left(&folder);
}

#[test]
fn after_an_interrupt() {
    end_by_signal("INT");
}

#[test]
fn after_a_kill() {
    end_by_signal("KILL");
}
