//! The table: its names, what setup found of it, and the statements filled in for it. No I/O.

mod columns;
mod introspection;
mod names;
mod sql;
mod statements;
mod template;

pub(crate) use introspection::{FoundTable, Introspection};
pub(crate) use names::Table;
pub(crate) use statements::{Statements, SweepBy};
