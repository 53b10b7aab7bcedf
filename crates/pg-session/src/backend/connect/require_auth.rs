//! Which methods of authentication the server may ask for: libpq's `require_auth`.

use std::io;

use super::params::{ConnParams, invalid_option};
use crate::error::{Error, Result};

/// The methods of this client, and the number of the server's request for each: see "Message Formats" in the manual.
const METHODS: [(&str, u32); 4] = [("none", 0), ("password", 3), ("md5", 5), ("scram-sha-256", 10)];

const EXPECTED: &str =
    "a list of none, password, md5 and scram-sha-256, or of methods to refuse, each with a ! before it";

/// The requests for authentication that are answered.
#[derive(Clone, Debug)]
pub(super) struct AllowedAuth(Vec<u32>);

impl AllowedAuth {
    pub(super) fn from_params(params: &mut ConnParams) -> Result<Option<Self>> {
        let Some(list) = params.text("require_auth") else { return Ok(None) };
        let invalid = || invalid_option("require_auth", EXPECTED);
        let entries: Vec<&str> = list.split(',').map(str::trim).collect();
        let refuses = entries.iter().all(|entry| entry.starts_with('!'));
        let mut named = Vec::new();
        for entry in entries {
            let name = if refuses { &entry[1..] } else { entry };
            let (_, number) = METHODS.iter().find(|(method, _)| *method == name).ok_or_else(invalid)?;
            if named.contains(number) {
                return Err(invalid());
            }
            named.push(*number);
        }
        let all = METHODS.iter().map(|(_, number)| *number);
        Ok(Some(Self(all.filter(|number| named.contains(number) != refuses).collect())))
    }
}

/// Watches what the server sends until its first request for authentication.
///
/// The first is enough: a client that has begun SCRAM accepts no other request, and after a password only its acceptance.
pub(super) struct AuthWatch {
    allowed: AllowedAuth,
    seen: Vec<u8>,
}

impl AuthWatch {
    pub(super) fn new(allowed: AllowedAuth) -> Self {
        Self { allowed, seen: Vec::new() }
    }

    /// Adds what the server sent. Returns whether to watch on.
    ///
    /// # Errors
    /// The server asks for a method that is not allowed.
    pub(super) fn watch(&mut self, bytes: &[u8]) -> io::Result<bool> {
        self.seen.extend_from_slice(bytes);
        // An error ends the login, and so does anything else that is no request.
        let is_request = self.seen.first().is_none_or(|kind| *kind == b'R');
        let Some([_, _, _, _, _, number @ ..]) = self.seen.first_chunk::<9>().filter(|_| is_request) else {
            return Ok(is_request);
        };
        let is_allowed = self.allowed.0.contains(&u32::from_be_bytes(*number));
        if is_allowed { Ok(false) } else { Err(io::Error::other(NotAllowed)) }
    }
}

/// The server asks for another method than `require_auth` allows.
#[derive(Debug)]
pub(super) struct NotAllowed;

impl std::fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the server asks for a method of authentication that is not allowed")
    }
}

impl std::error::Error for NotAllowed {}

pub(super) fn not_allowed() -> Error {
    Error::configuration(
        "login refused by this client: the server asks for a method of authentication that `require_auth` does not allow; \
         change the server's pg_hba.conf or `require_auth`",
    )
}
