//! The rules of Pkg Stats, without I/O: names, queries, ranking, figures, charts and readmes.

pub mod badge;
pub mod chart;
mod compact;
mod escape;
pub mod figure;
pub mod manifest;
pub mod name;
pub mod near;
pub mod owner;
pub mod popularity;
pub mod query;
pub mod rank;
pub mod readme;
pub mod series;
pub mod share;
pub mod synonym;
pub mod word;

pub use compact::compact;
