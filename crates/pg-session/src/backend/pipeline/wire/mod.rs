//! The messages of PostgreSQL's
//! [extended query protocol](https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY). No I/O.

mod param;
pub(super) mod refusal;
pub(super) mod request;
pub(super) mod row;
