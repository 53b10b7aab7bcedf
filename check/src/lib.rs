//! Makes random concurrent calls on a session store and checks the answers.
//!
//! [`run`] makes the calls and records them in a [`History`]. [`check`] searches it for broken promises.

mod checker;
mod disturbance;
mod history;
mod store;
mod stores;
mod violation;
mod workload;

pub use checker::check;
pub use disturbance::{Disturbance, FITTING_ALTERATIONS};
pub use history::{Answer, Call, Client, Data, History, Id, NEVER, Number, Operation, Time};
pub use store::{BoxError, Store};
pub use stores::{ConnectPgSimple, PgSession, SqlxStore};
pub use violation::{Kind, Violation};
pub use workload::{MAX_AGE, Mix, Run, Workload, run};
