use std::process::Stdio;

use async_trait::async_trait;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::scripts;
use crate::error::BoxError;
use crate::outcome::Outcome;
use crate::servers::{Redis, Servers};
use crate::target::{Group, Label, Target};
use crate::task::{Operation, Task};

/// A store in a Node process of its own. Requests and responses are lines of JSON. The process exits when its standard
/// input closes, so it never outlives the bench.
pub(crate) struct Node {
    name: &'static str,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

#[derive(Deserialize)]
struct Filled {}

impl Node {
    pub(crate) fn start(name: &'static str, servers: &Servers, redis: &Redis) -> Result<Self, BoxError> {
        let mut command = Command::new("node");
        command.arg(scripts::path("side.js")).arg(name);
        command.env("DATABASE_URL", servers.url()).env("REDIS_SOCKET", redis.socket()).env("NODE_ENV", "production");
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("node was started without pipes".into());
        };
        Ok(Self { name, input, output: BufReader::new(output).lines(), _process: process })
    }

    async fn request<T: DeserializeOwned>(&mut self, request: Value) -> Result<T, BoxError> {
        self.input.write_all(format!("{request}\n").as_bytes()).await?;
        let response = self.output.next_line().await?;
        let response = response.ok_or_else(|| format!("{} in Node exited: see its messages above", self.name))?;
        Ok(serde_json::from_str(&response)?)
    }
}

#[async_trait]
impl Target for Node {
    fn label(&self) -> Label {
        Label { group: Group::Node, name: self.name }
    }

    fn supports(&self, operation: Operation, callers: usize) -> bool {
        matches!(operation, Operation::Get | Operation::Set) && callers <= 256
    }

    async fn fill(&mut self, sessions: usize) -> Result<(), BoxError> {
        self.request::<Filled>(json!({ "fill": sessions })).await.map(drop)
    }

    async fn measure(&mut self, task: Task) -> Result<Outcome, BoxError> {
        self.request(json!({ "measure": task })).await
    }
}
