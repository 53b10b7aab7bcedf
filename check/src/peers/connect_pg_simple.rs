use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;

use crate::history::{Data, Id};
use crate::store::{Failure, Store};

/// connect-pg-simple, in a Node process of its own: a call is a line on its standard input, and an answer one on its
/// output. It ends when its input does, and so with us. What the store has no call for is done as express-session and
/// its users do it.
pub struct ConnectPgSimple {
    input: tokio::sync::Mutex<ChildStdin>,
    waiting: Arc<Mutex<HashMap<u64, oneshot::Sender<Answer>>>>,
    next: AtomicU64,
    _process: Child,
}

#[derive(Deserialize)]
struct Answer {
    call: u64,
    found: Option<Data>,
    error: Option<String>,
}

impl ConnectPgSimple {
    /// Starts the process, and makes the table, which two at once cannot. `modules` is a folder `node_modules` with connect-pg-simple, express-session and pg.
    ///
    /// # Errors
    /// Where Node or one of these is not installed, or the table cannot be made.
    pub async fn start(url: &str, modules: &Path) -> Result<Self, Failure> {
        let mut command = Command::new("node");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/connect-pg-simple.js"));
        command.env("DATABASE_URL", url).env("NODE_PATH", modules);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("node was started without pipes".into());
        };
        let waiting: Arc<Mutex<HashMap<u64, oneshot::Sender<Answer>>>> = Arc::default();
        let their_waiting = Arc::clone(&waiting);
        tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let Ok(answer) = serde_json::from_str::<Answer>(&line) else { break };
                let asker = their_waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&answer.call);
                // Whoever asked may have gone.
                asker.map(|asker| asker.send(answer));
            }
            // Those who wait learn that there is no answer.
            their_waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
        });
        let store = Self { input: input.into(), waiting, next: AtomicU64::default(), _process: process };
        store.get(Id::MAX).await?;
        Ok(store)
    }

    async fn ask(&self, verb: &str, id: Id, data: Option<&Data>, ttl: Duration) -> Result<Option<Data>, Failure> {
        let call = self.next.fetch_add(1, Ordering::Relaxed);
        let (asker, answer) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(call, asker);
        let question: Value =
            json!({ "call": call, "verb": verb, "id": id.to_string(), "data": data, "ttl": ttl.as_millis() });
        self.input.lock().await.write_all(format!("{question}\n").as_bytes()).await?;
        let answer = answer.await.map_err(|_| "connect-pg-simple's process ended; it said why above")?;
        answer.error.map_or(Ok(answer.found), |error| Err(error.into()))
    }
}

impl Store for ConnectPgSimple {
    type Base = ();

    const CREATES: bool = false;

    /// It counts in whole seconds, rounded up.
    const BRIEF: Duration = Duration::from_secs(1);
    const SLACK: Duration = Duration::from_millis(1_020);

    async fn get(&self, id: Id) -> Result<Option<(Data, ())>, Failure> {
        Ok(self.ask("get", id, None, Duration::ZERO).await?.map(|data| (data, ())))
    }

    async fn set(&self, id: Id, data: &Data, ttl: Duration) -> Result<(), Failure> {
        self.ask("set", id, Some(data), ttl).await.map(drop)
    }

    async fn update(&self, id: Id, (): &(), data: &Data, ttl: Duration) -> Result<bool, Failure> {
        self.set(id, data, ttl).await?;
        Ok(true)
    }

    async fn touch(&self, id: Id, ttl: Duration) -> Result<Option<bool>, Failure> {
        self.ask("touch", id, None, ttl).await.map(|_| None)
    }

    async fn destroy(&self, id: Id) -> Result<Option<bool>, Failure> {
        self.ask("destroy", id, None, Duration::ZERO).await.map(|_| None)
    }

    async fn rotate(&self, old: Id, new: Id, ttl: Duration) -> Result<bool, Failure> {
        let Some(data) = self.ask("get", old, None, Duration::ZERO).await? else { return Ok(false) };
        self.destroy(old).await?;
        self.set(new, &data, ttl).await?;
        Ok(true)
    }
}
