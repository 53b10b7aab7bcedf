//! The catalogue of Pkg Stats in PostgreSQL: schema, imports and search.
