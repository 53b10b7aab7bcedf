use std::env;
use std::process::Command;

use async_trait::async_trait;

use super::{Group, Label, Side, node};
use crate::child::Child;
use crate::servers::{Redis, Servers};
use crate::task::{Failure, Operation, Outcome, Task};

/// The app that counts its visitors' views, on a framework and with a store, in a process of its own.
pub(crate) struct Http {
    label: Label,
    url: String,
    _app: Child,
}

impl Http {
    pub(crate) async fn start(label: Label, servers: &Servers, redis: &Redis) -> Result<Self, Failure> {
        let environment = |command: &mut Command| {
            command.env("DATABASE_URL", servers.url()).env("REDIS_SOCKET", redis.socket());
            command.env("NODE_ENV", "production").arg(label.name);
        };
        let mut app = if label.group == Group::Koa {
            Child::spawn("node", |command| environment(command.arg(node::program("koa.js"))))?
        } else {
            Child::spawn(env::current_exe()?, |command| environment(command.arg("serve")))?
        };
        let line = app.line().await?;
        let url = line.strip_prefix("listening on ").ok_or("the app does not say where it listens")?.to_owned();
        Ok(Self { label, url, _app: app })
    }
}

#[async_trait]
impl Side for Http {
    fn label(&self) -> Label {
        self.label
    }

    fn does(&self, operation: Operation, callers: usize) -> bool {
        operation == Operation::Visit && callers == 256
    }

    /// Its sessions come with its visitors.
    async fn fill(&mut self, _sessions: usize) -> Result<(), Failure> {
        Ok(())
    }

    /// For longer than others, and a second or more: connections have to be made, and both ends get warm.
    async fn measure(&mut self, task: Task) -> Result<Outcome, Failure> {
        let load = Child::spawn("node", |command| {
            command.arg(node::program("visit.js")).arg(&self.url);
            command.arg(task.callers.to_string()).arg((3.0 * task.seconds).max(1.0).to_string());
        })?;
        Ok(serde_json::from_str(&load.last_line().await?)?)
    }
}
