use std::path::{Path, PathBuf};
use std::process::Stdio;

use async_trait::async_trait;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::{Group, Label, Side};
use crate::servers::{Redis, Servers};
use crate::task::{Failure, Operation, Outcome, Task};

/// A store in a Node process of its own, which does what a line asks and answers in one. It ends when its standard
/// input does, and so with us.
pub(crate) struct Node {
    name: &'static str,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

#[derive(Deserialize)]
struct Filled {}

impl Node {
    pub(crate) fn start(name: &'static str, servers: &Servers, redis: &Redis) -> Result<Self, Failure> {
        let mut command = Command::new("node");
        command.arg(program("side.js")).arg(name);
        command.env("DATABASE_URL", servers.url()).env("REDIS_SOCKET", redis.socket()).env("NODE_ENV", "production");
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("node was started without pipes".into());
        };
        Ok(Self { name, input, output: BufReader::new(output).lines(), _process: process })
    }

    async fn ask<T: DeserializeOwned>(&mut self, question: Value) -> Result<T, Failure> {
        self.input.write_all(format!("{question}\n").as_bytes()).await?;
        let answer = self.output.next_line().await?;
        let answer = answer.ok_or_else(|| format!("{} in Node ended; it said why above", self.name))?;
        Ok(serde_json::from_str(&answer)?)
    }
}

#[async_trait]
impl Side for Node {
    fn label(&self) -> Label {
        Label { group: Group::Node, name: self.name }
    }

    fn does(&self, operation: Operation, callers: usize) -> bool {
        matches!(operation, Operation::Get | Operation::Set) && callers <= 256
    }

    async fn fill(&mut self, sessions: usize) -> Result<(), Failure> {
        self.ask::<Filled>(json!({ "fill": sessions })).await.map(drop)
    }

    async fn measure(&mut self, task: Task) -> Result<Outcome, Failure> {
        self.ask(json!({ "measure": task })).await
    }
}

/// Whether Node is there, and what npm installs for the bench.
pub(crate) fn installed() -> bool {
    let mut node = std::process::Command::new("node");
    let runs = node.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    runs.is_ok_and(|status| status.success()) && program("node_modules").is_dir()
}

pub(crate) fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("node").join(name)
}
