//! Random calls at once on a session store, and a checker of what they answered.
//!
//! [`run`] makes the calls and records them, [`check`] looks in that [`History`] for promises that were not kept.

mod alterer;
mod checker;
mod history;
mod killer;
mod peers;
mod store;
mod violation;
mod workload;

pub use alterer::{Alterer, FITTING};
pub use checker::check;
pub use history::{Answer, Call, Client, Data, History, Id, NEVER, Number, Time, Verb};
pub use killer::Killer;
pub use peers::{ConnectPgSimple, SqlxStore};
pub use store::{Failure, Ours, Store};
pub use violation::{Kind, Violation};
pub use workload::{MAX_AGE, Mix, Run, Workload, run};
