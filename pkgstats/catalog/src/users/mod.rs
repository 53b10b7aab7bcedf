//! Accounts, and what they star and watch.

mod account;
mod attempt;
mod handle;
mod news;
mod star;
mod watch;

pub use account::{Account, AccountSummary};
pub use attempt::AttemptLimit;
pub use handle::Users;
pub use news::News;
pub use star::Star;
