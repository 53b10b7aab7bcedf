//! Where an import of a package begins.

use serde_json::Value;

/// The fields that decide what an import of the package loads.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Entry {
    pub(super) main: Option<String>,
    pub(super) module: Option<String>,
    pub(super) types: Option<String>,
    pub(super) is_module: bool,
    pub(super) exports: Option<Value>,
}
