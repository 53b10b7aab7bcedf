//! The rules of Pkg Stats, without I/O: names, queries, ranking, figures, charts and readmes.

pub mod figure;
pub mod name;
pub mod near;
pub mod owner;
pub mod popularity;
pub mod query;
pub mod rank;
pub mod share;
pub mod synonym;
pub mod word;
