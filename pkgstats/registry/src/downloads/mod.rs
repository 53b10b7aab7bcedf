//! Daily download counts: which calls they take, at which pace, and what is done when the API refuses.

mod answer;
mod api;
mod pace;
mod plan;
mod refused;

pub use answer::Downloads;
pub(crate) use api::Api;
pub(crate) use pace::Pace;
pub use plan::{Call, EARLIEST, plan};
