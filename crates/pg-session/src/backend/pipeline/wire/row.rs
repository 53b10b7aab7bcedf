//! Reads rows: the DataRow message, by the columns of RowDescription.

use std::io::{Error as IoError, ErrorKind};
use std::str;
use std::sync::Arc;

use bytes::Buf;
use fallible_iterator::FallibleIterator;
use postgres_protocol::Oid;
use postgres_protocol::message::backend::RowDescriptionBody;

use crate::backend::command::{Row, Value};
use crate::error::{Error, Result};

const INT8: Oid = 20;
const TEXT: Oid = 25;
const JSON: Oid = 114;
const VARCHAR: Oid = 1043;
const TIMESTAMPTZ: Oid = 1184;
const JSONB: Oid = 3802;

/// The first byte of `jsonb` in binary form: its only version.
const JSONB_VERSION: u8 = 1;

/// How a column is read.
#[derive(Clone, Copy, Debug)]
pub(in crate::backend::pipeline) enum Column {
    Text,
    /// A version, and then text.
    Jsonb,
    /// Eight bytes: a `bigint`, or the microseconds of a `timestamptz` since 2000.
    Number,
}

impl Column {
    /// Returns `None` for a type that no statement of the store returns.
    pub(in crate::backend::pipeline) fn of(type_oid: Oid) -> Option<Self> {
        match type_oid {
            TEXT | VARCHAR | JSON => Some(Self::Text),
            JSONB => Some(Self::Jsonb),
            INT8 | TIMESTAMPTZ => Some(Self::Number),
            _ => None,
        }
    }

    fn read(self, field: &[u8]) -> Result<Value> {
        let text = |text: &[u8]| Ok(Value::Text(str::from_utf8(text).map_err(|_| damaged())?.to_owned()));
        match (self, field) {
            (Self::Text, field) | (Self::Jsonb, [JSONB_VERSION, field @ ..]) => text(field),
            (Self::Jsonb, _) => Err(damaged()),
            (Self::Number, field) => Ok(Value::Number(i64::from_be_bytes(field.try_into().map_err(|_| damaged())?))),
        }
    }
}

/// The fields of a row that are not read yet.
pub(in crate::backend::pipeline) struct Fields<'a>(&'a [u8]);

/// Returns the columns of a RowDescription; `None` if one has a type that no statement of the store returns.
pub(in crate::backend::pipeline) fn columns(body: &RowDescriptionBody) -> Result<Option<Arc<[Column]>>> {
    let columns = body.fields().map(|field| Ok(Column::of(field.type_oid()))).collect::<Vec<_>>();
    Ok(columns.map_err(Error::connection_lost)?.into_iter().collect())
}

/// Returns the fields of a row that must have `count` of them.
pub(in crate::backend::pipeline) fn fields(mut body: &[u8], count: usize) -> Result<Fields<'_>> {
    let found = body.try_get_i16().map_err(|_| damaged())?;
    if usize::try_from(found) != Ok(count) {
        return Err(damaged());
    }
    Ok(Fields(body))
}

impl<'a> Fields<'a> {
    /// Returns the next field, `Some(None)` if it is null; `None` after the last one.
    pub(in crate::backend::pipeline) fn next(&mut self) -> Result<Option<Option<&'a [u8]>>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let Ok(length) = usize::try_from(self.0.try_get_i32().map_err(|_| damaged())?) else { return Ok(Some(None)) };
        let (field, rest) = self.0.split_at_checked(length).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(Some(Some(field)))
    }
}

/// Reads the values of all remaining fields.
pub(in crate::backend::pipeline) fn values(mut fields: Fields<'_>, columns: &[Column]) -> Result<Row> {
    let mut row = Row::new();
    for column in columns {
        let field = fields.next()?.ok_or_else(damaged)?;
        row.push(field.map_or(Ok(Value::Null), |field| column.read(field))?);
    }
    if fields.0.is_empty() { Ok(row) } else { Err(damaged()) }
}

pub(in crate::backend::pipeline) fn damaged() -> Error {
    Error::connection_lost(IoError::new(ErrorKind::InvalidData, "the server sent a damaged row"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &[u8], columns: &[Column]) -> Result<Row> {
        values(fields(body, columns.len())?, columns)
    }

    #[test]
    fn a_row_is_read_by_its_columns() {
        let body = b"\0\x04\0\0\0\x02hi\xff\xff\xff\xff\0\0\0\x03\x01{}\0\0\0\x08\0\0\0\0\0\0\x01\0";
        let row = read(body, &[Column::Text, Column::Text, Column::Jsonb, Column::Number]).unwrap();
        assert_eq!(row[..], [Value::Text("hi".into()), Value::Null, Value::Text("{}".into()), Value::Number(256)]);
    }

    #[test]
    fn a_damaged_row_is_an_error_and_no_panic() {
        let whole = b"\0\x02\0\0\0\x02hi\0\0\0\x08\0\0\0\0\0\0\x01\0";
        let columns = [Column::Text, Column::Number];
        for cut in 0..whole.len() {
            assert!(read(&whole[..cut], &columns).is_err(), "{cut}");
        }
        assert!(read(whole, &columns).is_ok());
        assert!(read(&[whole, &b"\0"[..]].concat(), &columns).is_err(), "more than its fields");
        assert!(read(whole, &[columns[0], columns[1], Column::Text]).is_err(), "fewer fields than columns");
        for body in [&b"\0\x01\0\0\0\x01\xff"[..], b"\0\x01\x7f\xff\xff\xff", b"\0\0", b"\0\x02\0\0\0\x01a"] {
            assert!(read(body, &[Column::Text]).is_err());
        }
        assert!(read(b"\0\x01\0\0\0\x01x", &[Column::Number]).is_err());
        for jsonb in [&b"\0\x01\0\0\0\0"[..], b"\0\x01\0\0\0\x03\x02{}"] {
            assert!(read(jsonb, &[Column::Jsonb]).is_err(), "another version of jsonb");
        }
    }

    #[test]
    fn a_type_that_no_statement_returns_is_none() {
        const TIMESTAMP: Oid = 1114;
        const BYTEA: Oid = 17;
        assert!(Column::of(TIMESTAMP).is_none() && Column::of(BYTEA).is_none());
    }
}
