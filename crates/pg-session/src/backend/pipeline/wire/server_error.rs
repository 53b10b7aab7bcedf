//! Reads the server's errors.

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::ErrorResponseBody;

use crate::error::{Error, Result};

/// How PostgreSQL ends a connection without running what was sent before (SQLSTATE): shut down by an administrator, not
/// ready yet, idle for too long.
const ENDED: [&str; 3] = ["57P01", "57P03", "57P05"];

/// An ErrorResponse.
pub(in crate::backend::pipeline) struct ServerError {
    pub(in crate::backend::pipeline) error: Error,
    /// Whether it ends the connection.
    pub(in crate::backend::pipeline) is_fatal: bool,
}

impl ServerError {
    /// Reads the error without its detail, which may quote a session id.
    pub(in crate::backend::pipeline) fn read(body: &ErrorResponseBody) -> Result<Self> {
        let (mut sqlstate, mut message, mut is_fatal) = (String::new(), String::new(), false);
        let mut fields = body.fields();
        while let Some(field) = fields.next().map_err(Error::connection_lost)? {
            let value = || String::from_utf8_lossy(field.value_bytes()).into_owned();
            match field.type_() {
                b'C' => sqlstate = value(),
                b'M' => message = value(),
                // V is never localized, but poolers leave it out.
                b'V' | b'S' => is_fatal |= matches!(field.value_bytes(), b"FATAL" | b"PANIC"),
                _ => {}
            }
        }
        Ok(Self { error: Error::refused(&sqlstate, &message), is_fatal })
    }

    /// Returns whether the server will run nothing more of what was sent.
    pub(in crate::backend::pipeline) fn ends_all(&self) -> bool {
        self.error.sqlstate().is_some_and(|sqlstate| ENDED.contains(&sqlstate))
    }
}
