//! What may be a session's id.

use crate::error::{Error, Result};

/// The longest id, in bytes.
pub const MAX_ID_BYTES: usize = 1024;

pub(crate) fn check_id(id: &str) -> Result<()> {
    if id.is_empty() {
        return Err(Error::invalid("the session id is empty; use 1 to 1024 bytes"));
    }
    if id.len() > MAX_ID_BYTES {
        return Err(Error::invalid(format!("the session id has {} bytes; use at most {MAX_ID_BYTES}", id.len())));
    }
    if id.contains('\0') {
        return Err(Error::invalid("the session id has a NUL character, which PostgreSQL's text cannot hold"));
    }
    Ok(())
}

/// Returns whether a session can have this id. Clients send any: no session has an id that cannot be stored.
pub(crate) fn is_storable_id(id: &str) -> bool {
    (1..=MAX_ID_BYTES).contains(&id.len()) && !id.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn ids_are_1_to_1024_bytes_without_nul() {
        for id in ["a", "ä\u{1F600}", &"x".repeat(1024)] {
            check_id(id).unwrap();
            assert!(is_storable_id(id));
        }
        for id in ["", "a\0b", &"x".repeat(1025), &"ä".repeat(513)] {
            assert_eq!(check_id(id).unwrap_err().kind(), ErrorKind::InvalidInput);
            assert!(!is_storable_id(id));
        }
    }
}
