//! A packument: what a registry says of all versions of a package.

mod document;
mod fetched;
mod parse;
mod version;

pub use document::Packument;
pub use fetched::Fetched;
pub(crate) use parse::parse;
pub use version::Version;

/// The full shape. A registry that has only the abbreviated one answers with that.
pub(crate) const FULL: &str = "application/json";
