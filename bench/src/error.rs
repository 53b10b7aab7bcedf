//! The error type of the bench.

use std::error::Error;

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;
