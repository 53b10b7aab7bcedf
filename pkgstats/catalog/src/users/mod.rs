//! Accounts, and what they star and watch.

mod account;
mod attempt;
mod handle;
mod star;
mod watch;

pub use account::{Account, AccountSummary};
pub use attempt::AttemptLimit;
pub use handle::Users;
pub use star::Star;
