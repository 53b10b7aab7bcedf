//! Tests that need several files of the module.

mod change;
mod fuzz;
mod merge_properties;
mod text_properties;
mod three_way;
