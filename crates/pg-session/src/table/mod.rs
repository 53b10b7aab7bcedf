//! The sessions' table: its names, whether a found table fits, and the statements for it. No I/O.

mod columns;
mod foreign_code;
mod introspection;
mod layouts;
mod names;
mod qualify;
mod sql;
mod statements;
mod template;

pub(crate) use introspection::{FoundTable, Introspection};
pub(crate) use names::Table;
pub(crate) use statements::{Statements, SweepBy};
pub(crate) use template::Ddl;
