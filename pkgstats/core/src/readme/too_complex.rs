//! Why a readme is shown as plain text.

/// The input takes too long or nests too deeply.
#[derive(Debug)]
pub(super) struct TooComplex;
