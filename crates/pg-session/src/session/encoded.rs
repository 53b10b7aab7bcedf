//! A session's data as JSON text.

use std::ops::Deref;

use serde::Serialize;

use super::redacted::RedactedJsonError;
use crate::error::{Error, ErrorKind, Result};

/// Enough for most sessions, in bytes.
const USUAL_SIZE: usize = 512;

/// Data that was encoded as JSON, once for a call.
#[derive(Clone)]
pub(crate) struct Encoded(String);

impl Encoded {
    /// Encodes the data, unless its text is larger than `max_size` bytes.
    pub(crate) fn new(data: &(impl Serialize + ?Sized), max_size: usize) -> Result<Self> {
        let invalid = "the session's data cannot be written as JSON";
        let mut json = Vec::with_capacity(USUAL_SIZE);
        serde_json::to_writer(&mut json, data)
            .map_err(|error| Error::invalid(invalid).caused_by(RedactedJsonError::from(error)))?;
        let json = String::from_utf8(json).map_err(|error| Error::invalid(invalid).caused_by(error.utf8_error()))?;
        Self::checked(json, max_size)
    }

    /// Takes JSON text, unless it is larger than `max_size` bytes.
    pub(crate) fn checked(json: String, max_size: usize) -> Result<Self> {
        if json.len() > max_size {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!(
                    "the session's data has {} bytes, and the limit is {max_size}; store less, or raise it",
                    json.len()
                ),
            )
            .about_option("max_size"));
        }
        Ok(Self(json))
    }

    /// Takes what was merged with stored data. If that alone is over the limit (`jsonb` writes spaces and all digits), a
    /// change to it is not refused.
    pub(crate) fn merged(json: String, stored: &str, max_size: usize) -> Result<Self> {
        if stored.len() > max_size { Ok(Self(json)) } else { Self::checked(json, max_size) }
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl Deref for Encoded {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_json_within_max_size() {
        assert_eq!(&*Encoded::new("x", 3).unwrap(), r#""x""#);
        let kind = |data: Result<Encoded>| data.err().unwrap().kind();
        assert_eq!(kind(Encoded::new("xy", 3)), ErrorKind::TooLarge);
        let no_json = std::collections::HashMap::from([(vec![1], 1)]);
        assert_eq!(kind(Encoded::new(&no_json, 99)), ErrorKind::InvalidInput);
    }
}
