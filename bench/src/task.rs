//! What a side is asked, and what came of it.

use std::error::Error;
use std::time::Duration;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::processor::Used;

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

pub(crate) const TTL: Duration = Duration::from_secs(24 * 3600);

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    Get,
    Set,
    /// Against what was found before, and without a conflict.
    Update,
    Touch,
    /// 80 % get, 15 % touch, 5 % set.
    Mix,
    /// One request to the app that counts its visitors' views, over HTTP.
    Visit,
}

impl Operation {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Set => "set",
            Self::Update => "update",
            Self::Touch => "touch",
            Self::Mix => "mix",
            Self::Visit => "visit",
        }
    }
}

/// One cell of the table, for one side.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Task {
    pub(crate) operation: Operation,
    pub(crate) callers: usize,
    pub(crate) sessions: usize,
    /// What counts; a fifth of it more goes before, to warm up.
    pub(crate) seconds: f64,
}

/// What came of it. Times are in microseconds; how long a call took, pgbench does not tell.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Outcome {
    pub(crate) per_second: f64,
    pub(crate) p50_us: Option<f64>,
    pub(crate) p99_us: Option<f64>,
    /// Processor time a call: of all private servers.
    pub(crate) server_us: Option<f64>,
    /// And of everything else: the store, who calls it, and over HTTP the app.
    pub(crate) client_us: Option<f64>,
}

impl Outcome {
    /// With the processor time a call that this makes.
    pub(crate) fn with(self, used: Option<Used>) -> Self {
        let a_call = |seconds: f64| Some(seconds / self.per_second * 1e6).filter(|time| time.is_finite());
        let (server_us, client_us) = used.map(|used| (a_call(used.servers), a_call(used.others))).unwrap_or_default();
        Self { server_us, client_us, ..self }
    }
}

/// The id of a session by its number: 19 digits, random to look at. It is FNV-1a, which pgbench has too.
pub(crate) fn id(number: usize) -> String {
    let bytes = (number as u64).to_le_bytes();
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    (hash & ((1 << 62) - 1) | 1 << 62).to_string()
}

/// About 300 bytes of JSON.
pub(crate) fn data(number: usize) -> String {
    format!(r#"{{"user":{{"id":{number},"name":"Visitor {number}"}},"views":1,"pad":"{}"}}"#, "x".repeat(230))
}
