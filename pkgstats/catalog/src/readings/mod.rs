//! What was read of packages from the registry, for their pages.

mod dependency;
mod facts;
mod handle;
mod reading;
mod readme;
mod store;
mod version;

pub use dependency::{Dependency, DependencyKind, Dependent};
pub use facts::{Facts, Person, StoredFacts};
pub use handle::Readings;
pub use reading::Reading;
pub use readme::{Contents, Files, ReadmeText};
pub use version::Version;
