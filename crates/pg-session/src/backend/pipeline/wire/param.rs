//! Writes parameters for the Bind message, in binary form.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use postgres_protocol::types::{ArrayDimension, array_to_sql};
use postgres_protocol::{IsNull, Oid};

use crate::backend::command::{Command, Value};

const INT8: Oid = 20;
const TEXT: Oid = 25;

pub(super) type Written<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Writes one parameter: of a single command as text, of many as an array.
pub(super) fn write_param(commands: &[&Command], column: usize, is_many: bool, out: &mut BytesMut) -> Written<IsNull> {
    let mut values = commands.iter().map(|command| &command.params[column]).peekable();
    if !is_many {
        return Ok(values.next().map_or(IsNull::Yes, |value| write_text(value, out)));
    }
    let element = if matches!(values.peek(), Some(Value::Number(_))) { INT8 } else { TEXT };
    let dimension = ArrayDimension { len: commands.len().try_into()?, lower_bound: 1 };
    let write = |value: &Value, out: &mut BytesMut| {
        Ok(match value {
            Value::Number(number) => {
                out.put_i64(*number);
                IsNull::No
            }
            value => write_text(value, out),
        })
    };
    array_to_sql([dimension], element, values, write, out)?;
    Ok(IsNull::No)
}

fn write_text(value: &Value, out: &mut BytesMut) -> IsNull {
    match value {
        Value::Null => return IsNull::Yes,
        Value::Text(text) => out.put_slice(text.as_bytes()),
        Value::Number(number) => out.put_slice(number.to_string().as_bytes()),
    }
    IsNull::No
}
