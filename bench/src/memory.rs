//! The memory of a process that does nothing but call the store.

use std::env;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::child::Child;
use crate::load::{Store, one};
use crate::servers::Servers;
use crate::sides::Ours;
use crate::task::{Failure, Operation, id};

const CALLERS: usize = 2048;

/// Call the store with the mix, and tell the resident memory of this process.
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
    /// With a store that has not been called.
    pub(crate) before: u64,
    /// After a quarter of the time: under calls it takes two minutes until the allocator holds on to no more.
    pub(crate) settled: u64,
    /// Still under calls.
    pub(crate) end: u64,
}

/// Has a process of its own measure, on our table.
pub(crate) async fn measure(servers: &Servers, sessions: usize, time: Duration) -> Result<Option<Memory>, Failure> {
    if !cfg!(target_os = "linux") {
        eprintln!("without memory: only Linux tells it in /proc");
        return Ok(None);
    }
    let child = Child::spawn(env::current_exe()?, |command| {
        command.env("DATABASE_URL", servers.url()).arg("memory");
        command.args(["--sessions", &sessions.to_string(), "--seconds", &time.as_secs().to_string()]);
    })?;
    Ok(Some(serde_json::from_str(&child.last_line().await?)?))
}

impl Measure {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let store: Arc<dyn Store> = Arc::new(Ours::new(&env::var("DATABASE_URL")?, "session").await?);
        let before = resident()?;
        let time = Duration::from_secs(self.seconds);
        let began = Instant::now();
        let mut calling = JoinSet::new();
        for _ in 0..CALLERS {
            let (store, sessions) = (Arc::clone(&store), self.sessions);
            calling.spawn(async move {
                while began.elapsed() < time {
                    let number = fastrand::usize(0..sessions);
                    one(store.as_ref(), Operation::Mix, &id(number), number).await?;
                }
                Ok::<_, Failure>(())
            });
        }
        tokio::time::sleep(time / 4).await;
        let settled = resident()?;
        tokio::time::sleep((time - began.elapsed().min(time)).saturating_sub(Duration::from_millis(100))).await;
        let end = resident()?;
        while let Some(done) = calling.join_next().await {
            done??;
        }
        let memory = Memory { callers: CALLERS, seconds: self.seconds, before, settled, end };
        println!("{}", serde_json::to_string(&memory)?);
        Ok(())
    }
}

fn resident() -> Result<u64, Failure> {
    let path = "/proc/self/status";
    let status = fs::read_to_string(path)?;
    kilobytes(&status).map(|kilobytes| kilobytes * 1024).ok_or_else(|| format!("{path} tells no VmRSS").into())
}

/// The number in the line `VmRSS:     5432 kB`.
fn kilobytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_resident_memory_is_read() {
        assert_eq!(super::kilobytes("VmHWM:\t   9999 kB\nVmRSS:\t   5432 kB\nThreads:\t3\n"), Some(5432));
        assert_eq!(super::kilobytes("Name:\tbench\n"), None);
    }
}
