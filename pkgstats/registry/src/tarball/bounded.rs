//! A reader that fails, rather than ends, at its limit.

use std::io::{self, Read};

use crate::error::Error;

/// Counts what is read, and fails with an [`Error`] once that exceeds a limit.
pub(super) struct Bounded<R> {
    inner: R,
    read: u64,
    limit: u64,
    what: String,
}

impl<R> Bounded<R> {
    pub(super) fn new(inner: R, limit: u64, what: String) -> Self {
        Self { inner, read: 0, limit, what }
    }

    pub(super) fn count(&self) -> u64 {
        self.read
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read = self.read.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        if self.read > self.limit {
            let limit = self.limit >> 20;
            return Err(io::Error::other(Error::too_large(&self.what, format_args!("{limit} MB"))));
        }
        Ok(read)
    }
}

/// Returns the error that a reader carried through [`io::Error`], or else what `otherwise` makes of it.
pub(super) fn unwrap(error: io::Error, otherwise: impl FnOnce(io::Error) -> Error) -> Error {
    let mut error = error;
    // Readers wrap each other's errors: ours may be a few levels down.
    for _ in 0..4 {
        match error.downcast::<Error>() {
            Ok(ours) => return ours,
            Err(other) => error = other,
        }
        match error.downcast::<io::Error>() {
            Ok(inner) => error = inner,
            Err(other) => return otherwise(other),
        }
    }
    otherwise(error)
}
