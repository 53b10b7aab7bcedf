//! The definition of the tables that an import replaces.

/// Creates the tables. `{prefix}` comes before their names.
pub(crate) const TABLES: &str = include_str!("../sql/import/tables.sql");

/// Creates their indexes.
pub(crate) const INDEXES: &str = include_str!("../sql/import/indexes.sql");
