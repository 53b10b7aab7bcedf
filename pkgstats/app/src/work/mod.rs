//! Reads from the registry what pages have asked for, in the background.

mod ask;
pub(crate) mod days;
mod details;
mod failure;
mod follower;
mod reading;
pub(crate) mod wake;
mod worker;
mod workers;

pub use workers::Workers;
