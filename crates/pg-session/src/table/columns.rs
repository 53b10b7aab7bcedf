//! What the statements depend on in the columns that setup found.

use super::names::{CREATED, Table};
use super::sql::identifier;

#[derive(Debug, Default)]
pub(super) struct Columns {
    /// `json` or `jsonb`.
    pub(super) json: &'static str,
    /// The time zone of the values, in a `timestamp` column.
    pub(super) zone: Option<String>,
}

impl Columns {
    /// Returns a condition that the planner reduces to true, and that PostgreSQL refuses to parse (42883) once a column has
    /// another type than `setup` found: each function takes one type, and no other type converts to it implicitly. Without
    /// the condition, a statement would misread a column that was altered since.
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
