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
    pub(crate) fn new(data: &(impl Serialize + ?Sized)) -> Result<Self> {
        let invalid = "the session's data cannot be written as JSON";
        let mut json = Vec::with_capacity(USUAL_SIZE);
        serde_json::to_writer(&mut json, data)
            .map_err(|error| Error::invalid(invalid).caused_by(RedactedJsonError::from(error)))?;
        let json = String::from_utf8(json).map_err(|error| Error::invalid(invalid).caused_by(error.utf8_error()))?;
        Ok(Self(json))
    }

    pub(crate) fn from_json(json: String) -> Self {
        Self(json)
    }

    /// Checks that the text has at most `max_size` bytes.
    pub(crate) fn check_size(&self, max_size: usize) -> Result<()> {
        if self.len() > max_size {
            let bytes = self.len();
            let message =
                format!("the session's data has {bytes} bytes, and the limit is {max_size}; store less, or raise it");
            return Err(Error::new(ErrorKind::TooLarge, message).about_option("max_size"));
        }
        Ok(())
    }

    /// Checks the size after a merge with stored data. If that alone is over the limit (`jsonb` writes spaces and all digits), a
    /// change to it is not refused.
    pub(crate) fn check_merged_size(&self, stored: &str, max_size: usize) -> Result<()> {
        if stored.len() > max_size { Ok(()) } else { self.check_size(max_size) }
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
        let encoded = Encoded::new("x").unwrap();
        assert_eq!(&*encoded, r#""x""#);
        encoded.check_size(3).unwrap();
        assert_eq!(encoded.check_size(2).unwrap_err().kind(), ErrorKind::TooLarge);
        let no_json = std::collections::HashMap::from([(vec![1], 1)]);
        assert_eq!(Encoded::new(&no_json).err().unwrap().kind(), ErrorKind::InvalidInput);
    }
}
