//! `cargo xtask demo`.

#![expect(clippy::unwrap_used, reason = "tests and their helpers fail by panicking")]

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

/// A running demo, which is killed on drop. The Koa app listens on the port after that of the axum app, and Pkg Stats on the next.
struct Demo {
    process: Child,
    port: u16,
    /// What it has printed to standard error.
    log: NamedTempFile,
}

impl Demo {
    /// Starts a demo and waits until it is ready. This may include a build.
    fn start(port: u16, data: &Path) -> Self {
        let log = NamedTempFile::new().unwrap();
        let stderr = log.reopen().unwrap();
        let mut process = command(port, data).stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let demo = Self { process, port, log };
        let mut output: Vec<_> = lines.map(Result::unwrap).take(2 + usize::from(node_is_installed())).collect();
        output.sort();
        let line = |port, name| format!("listening on http://127.0.0.1:{port}{name}");
        let mut expected = vec![line(port, " (axum)"), line(port + 1, " (Koa)"), line(port + 2, " (Pkg Stats)")];
        if !node_is_installed() {
            expected.remove(1);
        }
        assert_eq!(output, expected);
        demo
    }

    /// Sends a request with these cookies to the axum app, and stores the new ones.
    fn get(&self, cookies: &mut String) -> String {
        Self::get_at(self.port, cookies)
    }

    /// Sends a request with these cookies to the Koa app, and stores the new ones.
    fn get_from_koa(&self, cookies: &mut String) -> String {
        Self::get_at(self.port + 1, cookies)
    }

    /// Returns the start page of Pkg Stats.
    fn get_from_pkg_stats(&self) -> String {
        Self::get_at(self.port + 2, &mut String::new())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.log.path()).unwrap()
    }

    fn get_at(port: u16, cookies: &mut String) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let headers = format!("Host: 127.0.0.1\r\nConnection: close\r\nCookie: {cookies}\r\n");
        write!(stream, "GET / HTTP/1.1\r\n{headers}\r\n").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        let set = head.lines().filter_map(|line| line.split_once(": "));
        let new = set.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        let pairs: Vec<_> = new.map(|(_, cookie)| cookie.split(';').next().unwrap()).collect();
        if !pairs.is_empty() {
            *cookies = pairs.join("; ");
        }
        body.to_owned()
    }

    fn stop(&mut self, signal: &str) -> ExitStatus {
        kill(signal, self.process.id());
        self.wait()
    }

    fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the demo does not exit");
            sleep(Duration::from_millis(20));
        }
    }

    /// Returns the id of an app's process, which is a child of the shell that guards it.
    fn app(&self, command: &str) -> u32 {
        let children = |parent: u32| processes().into_iter().filter(move |process| process.parent == parent);
        let mut apps = children(self.process.id())
            .flat_map(|guard| children(guard.id))
            .filter(|process| process.command.ends_with(command));
        apps.next().unwrap().id
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.log());
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Process {
    id: u32,
    parent: u32,
    command: String,
}

fn processes() -> Vec<Process> {
    let output = Command::new("ps").args(["-A", "-o", "pid=,ppid=,args="]).output().unwrap();
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    let row = |line: &str| {
        let mut columns = line.split_whitespace();
        let mut number = || columns.next().unwrap().parse().unwrap();
        Process { id: number(), parent: number(), command: line.to_owned() }
    };
    table.lines().map(row).collect()
}

fn command(port: u16, data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["demo", "--offline", "--port", &port.to_string(), "--data"]).arg(data).stdin(Stdio::null());
    command
}

fn kill(signal: &str, process: u32) {
    let kill = Command::new("kill").args(["-s", signal, &process.to_string()]).status();
    assert!(kill.unwrap().success());
}

/// Returns a free port whose two successors are free too. It is below the ports that systems assign to outgoing connections,
/// because one of those could take it during the build.
fn free_port() -> u16 {
    let is_free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    let first = 10_000 + u16::try_from(std::process::id() % 20_000).unwrap();
    (first..).find(|port| is_free(*port) && is_free(port + 1) && is_free(port + 2)).unwrap()
}

fn node_is_installed() -> bool {
    ["node", "npm"].iter().all(|program| Command::new(program).arg("--version").output().is_ok())
}

fn assert_nothing_runs(port: u16, data: &Path) {
    let data = data.to_str().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while [port, port + 1, port + 2].iter().any(|port| TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).is_ok())
        || processes().iter().any(|process| process.command.contains(data))
    {
        assert!(Instant::now() < deadline, "a process of the demo is still running");
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn sessions_survive_a_restart() {
    let data = tempfile::tempdir().unwrap();
    // The server's user must be able to enter the folder.
    fs::set_permissions(data.path(), Permissions::from_mode(0o755)).unwrap();
    let data = data.path();
    let port = free_port();
    let (mut cookie, mut koa_cookie) = (String::new(), String::new());

    let mut demo = Demo::start(port, data);
    let answers = [(); 3].map(|()| demo.get(&mut cookie));
    assert_eq!(answers, [r#"{"views":1}"#, r#"{"views":2}"#, r#"{"views":3}"#]);
    let secret = fs::read(data.join("session-secret")).unwrap();
    if node_is_installed() {
        assert_eq!([(); 2].map(|()| demo.get_from_koa(&mut koa_cookie)), [r#"{"views":1}"#, r#"{"views":2}"#]);
    }
    assert!(demo.get_from_pkg_stats().contains("5,195 packages"));
    // Each has a table of its own: no app takes that of another for its own.
    assert!(!demo.log().contains("WARN"), "{}", demo.log());
    assert_eq!(demo.stop("INT").code(), Some(0));
    assert_nothing_runs(port, data);

    let mut demo = Demo::start(port, data);
    assert_eq!(demo.get(&mut cookie), r#"{"views":4}"#);
    assert_eq!(fs::read(data.join("session-secret")).unwrap(), secret);
    assert_eq!(demo.get(&mut String::new()), r#"{"views":1}"#);
    if node_is_installed() {
        assert_eq!(demo.get_from_koa(&mut koa_cookie), r#"{"views":3}"#);
    }
    assert_eq!(demo.stop("TERM").code(), Some(0));
    assert_nothing_runs(port, data);

    let mut demo = Demo::start(port, data);
    assert_eq!(demo.get(&mut cookie), r#"{"views":5}"#);
    kill("KILL", demo.app("/example-axum"));
    assert_eq!(demo.wait().code(), Some(1));
    assert_nothing_runs(port, data);

    if node_is_installed() {
        let mut demo = Demo::start(port, data);
        kill("KILL", demo.app("node app.js"));
        assert_eq!(demo.wait().code(), Some(1));
        assert_nothing_runs(port, data);
    }
}

#[test]
fn a_port_in_use_is_reported() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let data = tempfile::tempdir().unwrap();
    let output = command(port, data.path()).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error.contains(&format!("port {port}")) && error.contains("--port"), "{error}");
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0);
}
