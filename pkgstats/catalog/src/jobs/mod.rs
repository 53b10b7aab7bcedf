//! What is to be read from the registry, for workers in any number of processes.

mod kind;
mod queue;

pub use kind::JobKind;
pub use queue::{JobState, Jobs, Urgency, WaitingJobs};
