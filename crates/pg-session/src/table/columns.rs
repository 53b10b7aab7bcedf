//! The properties of the found columns that the statements depend on.

use super::names::{CREATED, Table};
use super::sql::identifier;

#[derive(Debug, Default)]
pub(super) struct Columns {
    /// The type of the data: `json` or `jsonb`.
    pub(super) json: &'static str,
    /// The time zone of the values in a `timestamp` column. `None` for `timestamptz`.
    pub(super) zone: Option<String>,
}

impl Columns {
    /// Returns a condition that is always true, at no cost: the planner reduces it.
    ///
    /// PostgreSQL refuses to parse it (SQLSTATE 42883) once a column has another type than `setup` found, because each function
    /// takes one type, to which no other converts implicitly. Without it, a statement would misread an altered column.
    pub(super) fn fits(&self, table: &Table) -> String {
        let range = if self.zone.is_some() { "tsrange" } else { "tstzrange" };
        let (expiry, data) = (identifier(&table.expiry), identifier(&table.data));
        let age = table.max_age.map_or(String::new(), |_| {
            format!(" OR pg_catalog.range_contains_elem(NULL::pg_catalog.tstzrange, s.{})", identifier(CREATED))
        });
        format!(
            "(true OR pg_catalog.range_contains_elem(NULL::pg_catalog.{range}, s.{expiry}) \
             OR pg_catalog.{}_typeof(s.{data}) IS NULL{age})",
            self.json
        )
    }
}
