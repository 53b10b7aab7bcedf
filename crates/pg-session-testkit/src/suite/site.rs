use std::io::{self, BufRead, BufReader, PipeReader};
use std::process::ExitStatus;
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::must::must;
use super::visitor::Visitor;
use crate::database::Database;
use crate::guard::{Guard, Signal};
use crate::random::random_token;

/// The `SESSION_SECRET` of the apps. All processes of an app need the same one.
static SECRET: LazyLock<String> = LazyLock::new(|| {
    let token = || must("create a random secret", random_token());
    token() + &token()
});

/// How long an app may take to be ready.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A web app.
#[derive(Clone, Copy, Debug)]
pub struct App {
    /// The program and its arguments.
    pub run: &'static [&'static str],
    /// The name of the session cookie.
    pub cookie: &'static str,
}

/// A running process of an app, on a free port, and its database. Another process may share the database.
///
/// Dropping it stops the process.
#[derive(Debug)]
pub struct Site {
    // The order of the fields is the order of the drops: the app must stop before its database is dropped.
    process: Option<Guard>,
    database: Arc<Database>,
    app: App,
    session_seconds: Option<u64>,
    address: String,
}

impl Site {
    /// Starts the app and waits until it is ready.
    ///
    /// # Panics
    ///
    /// Panics if the app is not ready within 30 seconds.
    pub async fn open(app: App) -> Self {
        let mut site = Self::new(app, Arc::new(Database::new()));
        site.start().await;
        site
    }

    /// Starts the app with sessions that expire this many seconds after the last request.
    ///
    /// # Panics
    ///
    /// See [`open`](Self::open).
    pub async fn open_for(app: App, session_seconds: u64) -> Self {
        let mut site = Self { session_seconds: Some(session_seconds), ..Self::new(app, Arc::new(Database::new())) };
        site.start().await;
        site
    }

    /// Starts two processes of the app that share one table.
    ///
    /// # Panics
    ///
    /// See [`open`](Self::open).
    pub async fn pair(app: App) -> (Self, Self) {
        let mut here = Self::new(app, Arc::new(Database::new()));
        let mut there = Self::new(app, Arc::clone(&here.database));
        tokio::join!(here.start(), there.start());
        (here, there)
    }

    fn new(app: App, database: Arc<Database>) -> Self {
        Self { process: None, database, app, session_seconds: None, address: String::new() }
    }

    /// Returns the address of the app, such as `127.0.0.1:1234`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the app's database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Returns a new visitor without cookies.
    #[must_use]
    pub fn visitor(&self) -> Visitor {
        Visitor::new(&self.address, self.app.cookie)
    }

    /// Stops the app and starts it again on another port.
    ///
    /// # Panics
    ///
    /// Panics if the app exits with an error, or is not ready within 30 seconds.
    pub async fn restart(&mut self) {
        let status = self.stop().await;
        assert!(status.success(), "the app should exit successfully on SIGTERM: {status}");
        self.start().await;
    }

    /// Stops the app and returns its exit status.
    ///
    /// # Panics
    ///
    /// Panics if the app is not running.
    pub async fn stop(&mut self) -> ExitStatus {
        let process = self.process.take().unwrap_or_else(|| panic!("the app is not running"));
        let stopping = tokio::task::spawn_blocking(|| process.stop(Signal::Terminate));
        must("stop the app", must("wait for the app to exit", stopping.await))
    }

    /// Returns the ids of all stored sessions.
    ///
    /// # Panics
    ///
    /// Panics if the table `session` does not exist.
    pub async fn ids(&self) -> Vec<String> {
        let rows = self.database.client().await.query("SELECT id FROM session", &[]).await;
        must("read the table", rows).iter().map(|row| row.get(0)).collect()
    }

    async fn start(&mut self) {
        let [program, arguments @ ..] = self.app.run else { panic!("`run` names no program") };
        let (stdout, app_stdout) = must("create a pipe", io::pipe());
        let seconds = self.session_seconds.map(|seconds| ("SESSION_SECONDS", seconds.to_string()));
        let process = Guard::spawn(program, Signal::Terminate, |command| {
            command.args(arguments).env("DATABASE_URL", self.database.url()).env("PORT", "0");
            command.env("SESSION_SECRET", &*SECRET).envs(seconds).stdout(app_stdout);
            // In production, frameworks for Node set no cookies over http.
            command.env("NODE_ENV", "development");
        });
        self.process = Some(must("start a shell", process));
        let Ok(Ok(address)) = timeout(START_TIMEOUT, read_address(stdout)).await else {
            panic!("{program} did not print `listening on http://…` within {START_TIMEOUT:?}");
        };
        self.address = address;
    }
}

impl Visitor {
    /// Returns another client with the same cookies that sends its requests to `site`.
    #[must_use]
    pub fn at(&self, site: &Site) -> Self {
        self.twin_at(&site.address)
    }
}

/// Receives the address that the app prints, or an error if the app ends first.
fn read_address(stdout: PipeReader) -> oneshot::Receiver<String> {
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        // A name may follow.
        let address = |line: &str| Some(line.strip_prefix("listening on http://")?.split(' ').next()?.to_owned());
        let address = lines.find_map(|line| address(&line));
        // Fails only if the receiver has timed out.
        let _ = address.map(|address| sender.send(address));
        // Drain the pipe: if it were full, the app would block.
        lines.for_each(drop);
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn apps_do_not_inherit_the_environment_of_node() {
        let run = &["sh", "-c", "echo \"listening on http://$NODE_ENV (its name)\"; exec sleep 60"];
        let app = App { run, cookie: "id" };
        assert_eq!(Site::open(app).await.address(), "development");
    }

    #[tokio::test]
    async fn all_processes_share_a_random_secret() {
        let run = &["sh", "-c", "echo \"listening on http://$SESSION_SECRET\"; exec sleep 60"];
        let app = App { run, cookie: "id" };
        let (here, there) = Site::pair(app).await;
        assert_eq!(here.address(), there.address());
        assert_eq!(here.address().len(), 64);
        assert!(!include_str!("site.rs").contains(here.address()));
    }
}
