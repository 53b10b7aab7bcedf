//! Reads from the registry what pages have asked for, in the background.

mod ask;
mod details;
mod reading;
mod wake;
mod worker;
mod workers;

pub(crate) use wake::Wake;
pub use workers::Workers;
