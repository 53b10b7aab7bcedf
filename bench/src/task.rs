//! What a target is asked to do.

use clap::ValueEnum;
use serde::Serialize;

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    Get,
    Set,
    /// An update of a session that was read before, without a conflict.
    Update,
    Touch,
    /// 80 % get, 15 % touch, 5 % set.
    Mix,
    /// One HTTP request to the app that counts page views.
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

/// One measurement of one target.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Task {
    pub(crate) operation: Operation,
    pub(crate) callers: usize,
    pub(crate) sessions: usize,
    /// The measured time. A warm-up of a fifth of it comes first.
    pub(crate) seconds: f64,
}
