//! One connection. What callers ask at once is pipelined on it; a lost one is replaced at the next call.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use super::conninfo::ConnInfo;
use crate::backend::{Command, Reply, query_text};
use crate::error::{Error, ErrorKind, Result};

pub(super) struct Lane {
    info: Arc<ConnInfo>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<(Arc<Client>, JoinHandle<()>)>,
    /// The last attempt that failed, and when: who waited for it fails with it, instead of trying in turn.
    failed: Option<(Instant, Error)>,
}

impl Lane {
    pub(super) fn new(info: Arc<ConnInfo>) -> Self {
        Self { info, state: Mutex::default() }
    }

    /// Runs the command, and once more on a new connection where the old one was lost and a repeat does no harm.
    pub(super) async fn run(&self, command: &Command) -> Result<Reply> {
        let client = self.client().await?;
        match query(&client, command).await {
            Err(error) if error.kind() == ErrorKind::Unavailable => {
                self.discard(&client).await;
                if command.statement.repeatable { query(&*self.client().await?, command).await } else { Err(error) }
            }
            answer => answer,
        }
    }

    async fn client(&self) -> Result<Arc<Client>> {
        let asked = Instant::now();
        let mut state = self.state.lock().await;
        if let Some((client, _)) = &state.open
            && !client.is_closed()
        {
            return Ok(Arc::clone(client));
        }
        if let Some((at, error)) = &state.failed
            && *at > asked
        {
            return Err(error.clone());
        }
        match self.info.connect().await {
            Ok((client, task)) => {
                let client = Arc::new(client);
                state.open = Some((Arc::clone(&client), task));
                Ok(client)
            }
            Err(error) => {
                state.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Takes the connection out of use, unless somebody has replaced it already.
    async fn discard(&self, client: &Arc<Client>) {
        let mut state = self.state.lock().await;
        if state.open.as_ref().is_some_and(|(open, _)| Arc::ptr_eq(open, client)) {
            state.open = None;
        }
    }

    pub(super) async fn close(&self) {
        let open = self.state.lock().await.open.take();
        if let Some((client, task)) = open {
            drop(client);
            // It ends by itself when the last answer is in; an error of its own has been logged there.
            let _ = task.await;
        }
    }
}

async fn query(client: &Client, command: &Command) -> Result<Reply> {
    let rows = query_text(client, &command.statement.sql, &command.params).await?;
    Ok(Reply { rows })
}
