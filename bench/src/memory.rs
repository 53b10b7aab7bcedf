//! The resident memory of a process that only calls the store.

use std::env;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::child::Child;
use crate::error::BoxError;
use crate::load::call_at_random;
use crate::servers::Servers;
use crate::store::Store;
use crate::targets::PgSession;
use crate::task::Operation;

const CALLERS: usize = 2048;

/// Call the store with the mix, and print the resident memory of this process.
#[derive(Args)]
pub(crate) struct Measure {
    #[arg(long)]
    sessions: usize,

    #[arg(long)]
    seconds: u64,
}

/// Resident memory in bytes.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Memory {
    pub(crate) callers: usize,
    pub(crate) seconds: u64,
    /// Before the first call.
    pub(crate) before: u64,
    /// After a quarter of the time. Under load, the allocator keeps growing for about two minutes.
    pub(crate) settled: u64,
    /// At the end, still under load.
    pub(crate) end: u64,
}

/// Measures in a separate process, on pg-session's table.
pub(crate) async fn measure(servers: &Servers, sessions: usize, time: Duration) -> Result<Option<Memory>, BoxError> {
    if !cfg!(target_os = "linux") {
        eprintln!("skipping memory: it is read from /proc, which only Linux has");
        return Ok(None);
    }
    let child = Child::spawn(env::current_exe()?, |command| {
        command.env("DATABASE_URL", servers.url()).arg("memory");
        command.args(["--sessions", &sessions.to_string(), "--seconds", &time.as_secs().to_string()]);
    })?;
    Ok(Some(serde_json::from_str(&child.last_line().await?)?))
}

impl Measure {
    pub(crate) async fn run(self) -> Result<(), BoxError> {
        let store: Arc<dyn Store> = Arc::new(PgSession::new(&env::var("DATABASE_URL")?, "session").await?);
        let before = resident()?;
        let time = Duration::from_secs(self.seconds);
        let began = Instant::now();
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            let (store, sessions) = (Arc::clone(&store), self.sessions);
            callers.spawn(async move {
                while began.elapsed() < time {
                    call_at_random(store.as_ref(), Operation::Mix, sessions).await?;
                }
                Ok::<_, BoxError>(())
            });
        }
        tokio::time::sleep(time / 4).await;
        let settled = resident()?;
        tokio::time::sleep((time - began.elapsed().min(time)).saturating_sub(Duration::from_millis(100))).await;
        let end = resident()?;
        while let Some(done) = callers.join_next().await {
            done??;
        }
        let memory = Memory { callers: CALLERS, seconds: self.seconds, before, settled, end };
        println!("{}", serde_json::to_string(&memory)?);
        Ok(())
    }
}

fn resident() -> Result<u64, BoxError> {
    let path = "/proc/self/status";
    let status = fs::read_to_string(path)?;
    parse_kilobytes(&status).map(|kilobytes| kilobytes * 1024).ok_or_else(|| format!("{path} has no VmRSS line").into())
}

/// Returns the number in the line `VmRSS:     5432 kB`.
fn parse_kilobytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn resident_memory_is_parsed() {
        assert_eq!(super::parse_kilobytes("VmHWM:\t   9999 kB\nVmRSS:\t   5432 kB\nThreads:\t3\n"), Some(5432));
        assert_eq!(super::parse_kilobytes("Name:\tbench\n"), None);
    }
}
