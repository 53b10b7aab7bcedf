//! Three-way merge of JSON texts, and what counts as a change. Unchanged parts keep their stored text, to the byte. No I/O.
//!
//! Top down: `renewal` uses `change`, which uses `three_way`, which uses `reader`. Below them, `json` is the tree,
//! `tokens` and `strings` read its text, and `output` writes the result. `plain` and `fingerprint` recognise in one scan
//! what needs no tree.

mod change;
mod fingerprint;
mod json;
mod output;
mod plain;
mod reader;
mod renewal;
mod repair;
mod strings;
#[cfg(test)]
mod tests;
mod three_way;
mod tokens;

pub(crate) use change::{change, rebase};
pub(crate) use json::same;
pub(crate) use reader::Reader;
pub(crate) use renewal::{RenewalPlan, plan_renewal};
pub(crate) use repair::{Unreadable, repair};
