//! What is in a row, as the protocol's DataRow message has it.

use std::io::{Error as IoError, ErrorKind};
use std::str;

use bytes::Buf;
use postgres_protocol::Oid;

use crate::backend::{Row, Value};
use crate::error::{Error, Result};

const INT8: Oid = 20;
const TIMESTAMPTZ: Oid = 1184;

/// How a column is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Column {
    Text,
    /// Eight bytes: a `bigint`, or the microseconds of a `timestamptz` since 2000.
    Number,
}

impl Column {
    pub(super) fn of(type_oid: Oid) -> Self {
        if matches!(type_oid, INT8 | TIMESTAMPTZ) { Self::Number } else { Self::Text }
    }
}

/// The fields of a row, one after the other.
pub(super) struct Fields<'a>(&'a [u8]);

pub(super) fn fields(mut body: &[u8]) -> Result<Fields<'_>> {
    body.try_get_i16().map_err(|_| damaged())?;
    Ok(Fields(body))
}

impl<'a> Fields<'a> {
    /// None past the last one; then none where it is null.
    pub(super) fn next(&mut self) -> Result<Option<Option<&'a [u8]>>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let Ok(length) = usize::try_from(self.0.try_get_i32().map_err(|_| damaged())?) else { return Ok(Some(None)) };
        let (field, rest) = self.0.split_at_checked(length).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(Some(Some(field)))
    }
}

pub(super) fn values(mut fields: Fields<'_>, columns: &[Column]) -> Result<Row> {
    let mut row = Row::new();
    for column in columns {
        row.push(match (fields.next()?.ok_or_else(damaged)?, column) {
            (None, _) => Value::Null,
            (Some(field), Column::Text) => Value::Text(str::from_utf8(field).map_err(|_| damaged())?.to_owned()),
            (Some(field), Column::Number) => {
                Value::Number(i64::from_be_bytes(field.try_into().map_err(|_| damaged())?))
            }
        });
    }
    Ok(row)
}

fn damaged() -> Error {
    Error::connection_lost(IoError::new(ErrorKind::InvalidData, "a row is damaged"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_by_its_columns() {
        let body = b"\0\x03\0\0\0\x02hi\xff\xff\xff\xff\0\0\0\x08\0\0\0\0\0\0\x01\0";
        let row = values(fields(body).unwrap(), &[Column::Text, Column::Text, Column::Number]).unwrap();
        assert_eq!(row[..], [Value::Text("hi".into()), Value::Null, Value::Number(256)]);
    }

    #[test]
    fn a_damaged_row_is_an_error_and_no_panic() {
        let whole = b"\0\x02\0\0\0\x02hi\0\0\0\x08\0\0\0\0\0\0\x01\0";
        for cut in 0..whole.len() {
            let read = fields(&whole[..cut]).and_then(|fields| values(fields, &[Column::Text, Column::Number]));
            assert!(read.is_err(), "{cut}");
        }
        for body in [&b"\0\x01\0\0\0\x01\xff"[..], b"\0\x01\x7f\xff\xff\xff", b"\0\0"] {
            assert!(fields(body).and_then(|fields| values(fields, &[Column::Text])).is_err());
        }
        assert!(fields(b"\0\x01\0\0\0\x01x").and_then(|fields| values(fields, &[Column::Number])).is_err());
    }
}
