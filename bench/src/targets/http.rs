use std::env;
use std::process::Command;

use async_trait::async_trait;

use super::scripts;
use crate::child::Child;
use crate::error::BoxError;
use crate::outcome::Outcome;
use crate::servers::{Redis, Servers};
use crate::target::{Group, Label, Target};
use crate::task::{Operation, Task};

/// The app that counts page views, in a process of its own, on one web framework and one store.
pub(crate) struct Http {
    label: Label,
    url: String,
    _app: Child,
}

impl Http {
    pub(crate) async fn start(label: Label, servers: &Servers, redis: &Redis) -> Result<Self, BoxError> {
        let configure = |command: &mut Command| {
            command.env("DATABASE_URL", servers.url()).env("REDIS_SOCKET", redis.socket());
            command.env("NODE_ENV", "production").arg(label.name);
        };
        let mut app = if label.group == Group::Koa {
            Child::spawn("node", |command| configure(command.arg(scripts::path("koa.js"))))?
        } else {
            Child::spawn(env::current_exe()?, |command| configure(command.arg("serve")))?
        };
        let line = app.line().await?;
        let url = line.strip_prefix("listening on ");
        let url = url.ok_or_else(|| format!("unexpected first line of the app {label}: {line}"))?.to_owned();
        Ok(Self { label, url, _app: app })
    }
}

#[async_trait]
impl Target for Http {
    fn label(&self) -> Label {
        self.label
    }

    fn supports(&self, operation: Operation, callers: usize) -> bool {
        operation == Operation::Visit && callers == 256
    }

    /// Does nothing, because each visitor creates a session.
    async fn fill(&mut self, _sessions: usize) -> Result<(), BoxError> {
        Ok(())
    }

    /// Takes three times as long as other targets and at least a second, because connections are set up first and both
    /// ends need to warm up.
    async fn measure(&mut self, task: Task) -> Result<Outcome, BoxError> {
        let load = Child::spawn("node", |command| {
            command.arg(scripts::path("visit.js")).arg(&self.url);
            command.arg(task.callers.to_string()).arg((3.0 * task.seconds).max(1.0).to_string());
        })?;
        Ok(serde_json::from_str(&load.last_line().await?)?)
    }
}
