//! The pages of a package.

mod head;
mod lists;
mod overview;
mod state;
mod version;

pub(crate) use head::{Head, Tab};
pub(crate) use lists::{Dependencies, Dependents, Files};
pub(crate) use overview::{NoPackage, PackagePage};
pub(crate) use state::ReadState;
pub(crate) use version::{VersionPage, VersionRow, Versions};
