//! Code of other roles on the table, which would run with the privileges of the store's role.

use serde::Deserialize;

use super::names::Table;
use super::sql::identifier;
use crate::error::{Error, Result};

/// What a role that is not trusted owns: the table, a partition of it, or a function in a trigger, a default, a constraint, an
/// index, a rule or a policy of it.
#[derive(Debug, Deserialize)]
pub(super) struct ForeignCode {
    role: String,
    kind: String,
    name: String,
    /// The role of the store.
    own_role: String,
}

impl ForeignCode {
    /// Returns an error unless the option allows it.
    pub(super) fn check(&self, table: &Table) -> Result<()> {
        if table.trusts_owner {
            return Ok(());
        }
        let (quoted, role, own) = (table.quoted(), identifier(&self.role), identifier(&self.own_role));
        let what = match self.kind.as_str() {
            "partition" => format!("the partition {} of the table {quoted} belongs", identifier(&self.name)),
            "table" => format!("the table {quoted} belongs"),
            "default" => {
                format!(
                    "a function in the default of the column {} of the table {quoted} belongs",
                    identifier(&self.name)
                )
            }
            kind => format!("a function of the {kind} {} on the table {quoted} belongs", identifier(&self.name)),
        };
        let remedy = match self.kind.as_str() {
            "table" => format!("let a superuser check it and run ALTER TABLE {quoted} OWNER TO {own}"),
            kind => format!("let a superuser check it, and drop the {kind} or change the owner"),
        };
        Err(Error::setup(format!(
            "{what} to the role {role}, whose code, such as triggers, would run with the privileges of {own}, which is not a \
             member of that role: {remedy}, or name another table; if you trust {role}, allow it by the option"
        ))
        .about_option("trust_table_owner"))
    }
}
