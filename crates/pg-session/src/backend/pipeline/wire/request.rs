//! Writes the request for a batch: one statement.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Error, ErrorKind, Result};
use std::sync::Arc;

use bytes::BytesMut;
use postgres_protocol::IsNull;
use postgres_protocol::message::frontend::{self, BindError};

use super::param::{Written, write_param};
use crate::backend::command::Statement;
use crate::backend::pipeline::batch::Batch;

const BINARY: i16 = 1;

/// How a batch is sent.
pub(in crate::backend::pipeline) enum Form<'a> {
    /// The statement is prepared under this name.
    Prepared(&'a str),
    /// The statement is to be prepared under this name.
    Prepare(&'a str),
    /// The statement has no name.
    Unnamed,
    /// The statement has no name, and a prelude makes settings in its transaction.
    AfterPrelude(&'a str),
}

/// Appends the messages for a batch, up to Sync.
pub(in crate::backend::pipeline) fn write(batch: &Batch, form: &Form<'_>, out: &mut BytesMut) -> Result<()> {
    let sql = sql(&batch.statement, batch.is_many());
    let name = match form {
        Form::Prepared(name) | Form::Prepare(name) => name,
        Form::Unnamed | Form::AfterPrelude(_) => "",
    };
    match form {
        Form::Prepared(_) | Form::Unnamed => {}
        // The name may be in use: another client of a pooler may have prepared the same statement.
        Form::Prepare(name) => frontend::close(b'S', name, out)?,
        Form::AfterPrelude(prelude) => {
            frontend::parse("", prelude, [], out)?;
            bind("", 0, |_, _| Ok(IsNull::Yes), out)?;
            frontend::execute("", 0, out)?;
        }
    }
    if !matches!(form, Form::Prepared(_)) {
        frontend::parse(name, sql, [], out)?;
        frontend::describe(b'S', name, out)?;
    }
    let commands: Vec<_> = batch.commands().collect();
    let width = commands.first().map_or(0, |command| command.params.len());
    let write = |column, out: &mut BytesMut| write_param(&commands, column, batch.is_many(), out);
    bind(name, width, write, out)?;
    frontend::execute("", 0, out)?;
    frontend::sync(out);
    Ok(())
}

/// Returns the name to prepare a statement under: a hash of its SQL. A pooler may give a client the server process of
/// another one, so a name must always stand for the same statement. A statement without a form for batches is rare, and
/// not prepared.
pub(in crate::backend::pipeline) fn statement_name(statement: &Statement, is_many: bool) -> Option<Arc<str>> {
    statement.many.as_ref()?;
    let mut hasher = DefaultHasher::new();
    sql(statement, is_many).hash(&mut hasher);
    Some(format!("pg_session_{}_{:016x}", statement.name, hasher.finish()).into())
}

fn sql(statement: &Statement, is_many: bool) -> &str {
    let many = statement.many.as_ref().filter(|_| is_many).map(|many| &many.sql);
    many.or(statement.native.as_ref()).unwrap_or(&statement.sql)
}

fn bind(
    name: &str,
    width: usize,
    write: impl FnMut(usize, &mut BytesMut) -> Written<IsNull>,
    out: &mut BytesMut,
) -> Result<()> {
    frontend::bind("", name, [BINARY], 0..width, write, [BINARY], out).map_err(|error| match error {
        BindError::Serialization(error) => error,
        BindError::Conversion(error) => Error::new(ErrorKind::InvalidInput, error),
    })
}
