//! Daily downloads with gaps, and what is made of them: days, weeks, months, running totals and sums.

mod bucket;
mod csv;
mod cumulative;
mod daily;

pub use bucket::{By, Point, UnknownUnit};
pub use csv::to_csv;
pub use cumulative::cumulative;
pub use daily::{Series, Sum};

#[cfg(test)]
mod tests;
