use std::io::{self, BufRead, BufReader, PipeReader};
use std::process::ExitStatus;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{Visitor, must};
use crate::{Database, Guard, Signal};

/// How long an app may take to be ready.
const PATIENCE: Duration = Duration::from_secs(30);

/// A web app: how it is run, and what differs by its framework.
#[derive(Clone, Copy, Debug)]
pub struct App {
    /// The program and its arguments.
    pub run: &'static [&'static str],
    /// The name of the session's cookie.
    pub cookie: &'static str,
}

/// A process of the app, on a free port, and the database of its own that it may share with another one.
/// It stops when this is dropped.
#[derive(Debug)]
pub struct Site {
    // Fields are dropped in this order: the app lets go of its database.
    process: Option<Guard>,
    database: Arc<Database>,
    app: App,
    session_seconds: Option<u64>,
    address: String,
}

impl Site {
    /// Starts the app, and waits until it says that it is ready.
    ///
    /// # Panics
    ///
    /// When it does not say so within 30 seconds.
    pub async fn open(app: App) -> Self {
        let mut site = Self::new(app, Arc::new(Database::new()));
        site.start().await;
        site
    }

    /// Starts the app with sessions that end when nobody has come for so many seconds.
    ///
    /// # Panics
    ///
    /// As [`open`](Self::open).
    pub async fn open_for(app: App, session_seconds: u64) -> Self {
        let mut site = Self { session_seconds: Some(session_seconds), ..Self::new(app, Arc::new(Database::new())) };
        site.start().await;
        site
    }

    /// Starts two processes of the app at once, on one table.
    ///
    /// # Panics
    ///
    /// As [`open`](Self::open).
    pub async fn pair(app: App) -> (Self, Self) {
        let mut here = Self::new(app, Arc::new(Database::new()));
        let mut there = Self::new(app, Arc::clone(&here.database));
        tokio::join!(here.start(), there.start());
        (here, there)
    }

    fn new(app: App, database: Arc<Database>) -> Self {
        Self { process: None, database, app, session_seconds: None, address: String::new() }
    }

    /// Where the app listens: `127.0.0.1:1234`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The app's database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Somebody who has not been here before.
    #[must_use]
    pub fn visitor(&self) -> Visitor {
        Visitor::new(&self.address, self.app.cookie)
    }

    /// Stops the app and starts it again, on another port.
    ///
    /// # Panics
    ///
    /// When it does not end well, or is not ready again within 30 seconds.
    pub async fn restart(&mut self) {
        let status = self.stop().await;
        assert!(status.success(), "the app should end well when it is told to stop: {status}");
        self.start().await;
    }

    /// Tells the app to stop, and answers how it ended.
    ///
    /// # Panics
    ///
    /// When it does not run.
    pub async fn stop(&mut self) -> ExitStatus {
        let process = self.process.take().unwrap_or_else(|| panic!("the app does not run"));
        let stopping = tokio::task::spawn_blocking(|| process.stop(Signal::Terminate));
        must("stop the app", must("wait for the app's end", stopping.await))
    }

    /// The ids of all sessions that are stored.
    ///
    /// # Panics
    ///
    /// When the app has no table `session`.
    pub async fn ids(&self) -> Vec<String> {
        let rows = self.database.client().await.query("SELECT id FROM session", &[]).await;
        must("read the table", rows).iter().map(|row| row.get(0)).collect()
    }

    async fn start(&mut self) {
        let [program, arguments @ ..] = self.app.run else { panic!("`run` names no program") };
        let (output, told) = must("make a pipe", io::pipe());
        let seconds = self.session_seconds.map(|seconds| ("SESSION_SECONDS", seconds.to_string()));
        let process = Guard::spawn(program, Signal::Terminate, |command| {
            let command = command.args(arguments).env("DATABASE_URL", self.database.url()).env("PORT", "0");
            command.envs(seconds).stdout(told);
        });
        self.process = Some(must("start a shell", process));
        let Ok(Ok(address)) = timeout(PATIENCE, address(output)).await else {
            panic!("{program} did not say `listening on http://…` within {PATIENCE:?}");
        };
        self.address = address;
    }
}

/// What the app says it listens on; an error if it ends before that.
fn address(output: PipeReader) -> oneshot::Receiver<String> {
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let address = lines.find_map(|line| Some(line.strip_prefix("listening on http://")?.to_owned()));
        // Fails only when nobody waits for it any more.
        let _ = address.map(|address| sender.send(address));
        // An app must not be held up by what it says.
        lines.for_each(drop);
    });
    receiver
}
