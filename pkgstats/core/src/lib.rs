//! The rules of Pkg Stats, without I/O: names, queries, ranking, figures, charts and readmes.

pub mod badge;
pub mod chart;
mod compact;
mod escape;
pub mod manifest;
pub mod readme;
pub mod series;

pub use compact::compact;
