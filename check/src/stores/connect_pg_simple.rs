use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::oneshot;

use crate::history::{Data, Id};
use crate::store::{BoxError, Store};

/// connect-pg-simple, in a Node process of its own. Requests and responses are lines of JSON. The process exits when its
/// standard input closes, so it never outlives the run. Operations that it lacks are composed as express-session
/// composes them.
pub struct ConnectPgSimple {
    input: tokio::sync::Mutex<ChildStdin>,
    pending: Arc<Pending>,
    next: AtomicU64,
    _process: Child,
}

/// The calls without a response.
type Pending = Mutex<HashMap<u64, oneshot::Sender<Response>>>;

#[derive(Deserialize)]
struct Response {
    call: u64,
    found: Option<Data>,
    error: Option<String>,
}

impl ConnectPgSimple {
    /// Starts the process and creates the table, because two processes that create it concurrently fail. `modules` is a
    /// folder `node_modules` with connect-pg-simple, express-session and pg.
    ///
    /// # Errors
    /// Fails if Node or a package is not installed, or the table cannot be created.
    pub async fn start(url: &str, modules: &Path) -> Result<Self, BoxError> {
        let mut command = Command::new("node");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/connect-pg-simple.js"));
        command.env("DATABASE_URL", url).env("NODE_PATH", modules);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("node was started without pipes".into());
        };
        let pending = Arc::<Pending>::default();
        tokio::spawn(read_responses(output, Arc::clone(&pending)));
        let store = Self { input: input.into(), pending, next: AtomicU64::default(), _process: process };
        store.get(Id::MAX).await?;
        Ok(store)
    }

    async fn request(
        &self,
        operation: &str,
        id: Id,
        data: Option<&Data>,
        ttl: Duration,
    ) -> Result<Option<Data>, BoxError> {
        let call = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, response) = oneshot::channel();
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).insert(call, sender);
        let request =
            json!({ "call": call, "operation": operation, "id": id.to_string(), "data": data, "ttl": ttl.as_millis() });
        self.input.lock().await.write_all(format!("{request}\n").as_bytes()).await?;
        let response = response.await.map_err(|_| "connect-pg-simple's process exited: see its messages above")?;
        response.error.map_or(Ok(response.found), |error| Err(error.into()))
    }
}

async fn read_responses(output: ChildStdout, pending: Arc<Pending>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(response) = serde_json::from_str::<Response>(&line) else { break };
        let sender = pending.lock().unwrap_or_else(PoisonError::into_inner).remove(&response.call);
        // A caller that was cancelled no longer listens.
        sender.map(|sender| sender.send(response));
    }
    // Dropping the senders fails all pending calls.
    pending.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

impl Store for ConnectPgSimple {
    type Base = ();

    const CAN_CREATE: bool = false;

    /// It rounds up to whole seconds.
    const SHORT_TTL: Duration = Duration::from_secs(1);
    const SLACK: Duration = Duration::from_millis(1_020);

    async fn get(&self, id: Id) -> Result<Option<(Data, ())>, BoxError> {
        Ok(self.request("get", id, None, Duration::ZERO).await?.map(|data| (data, ())))
    }

    async fn set(&self, id: Id, data: &Data, ttl: Duration) -> Result<(), BoxError> {
        self.request("set", id, Some(data), ttl).await.map(drop)
    }

    async fn update(&self, id: Id, (): &(), data: &Data, ttl: Duration) -> Result<bool, BoxError> {
        self.set(id, data, ttl).await?;
        Ok(true)
    }

    async fn touch(&self, id: Id, ttl: Duration) -> Result<Option<bool>, BoxError> {
        self.request("touch", id, None, ttl).await.map(|_| None)
    }

    async fn destroy(&self, id: Id) -> Result<Option<bool>, BoxError> {
        self.request("destroy", id, None, Duration::ZERO).await.map(|_| None)
    }

    async fn rotate(&self, old: Id, new: Id, ttl: Duration) -> Result<bool, BoxError> {
        let Some(data) = self.request("get", old, None, Duration::ZERO).await? else { return Ok(false) };
        self.destroy(old).await?;
        self.set(new, &data, ttl).await?;
        Ok(true)
    }
}
