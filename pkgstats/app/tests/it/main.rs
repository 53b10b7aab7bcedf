//! Pkg Stats over real HTTP, on a real PostgreSQL.

mod pages;
mod sessions;
mod site;
