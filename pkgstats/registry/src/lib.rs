//! Reads packuments, tarballs, download counts and changes from an npm registry, or from a folder.
//!
//! ```no_run
//! # async fn example() -> Result<(), pkgstats_registry::Error> {
//! use pkgstats_registry::{Fetched, Registry};
//!
//! let registry = Registry::builder().npm_config().build()?;
//! if let Fetched::New { value: packument, .. } = registry.packument("koa", None).await? {
//!     let latest = packument.latest().expect("koa has versions");
//!     let contents = registry.tarball("koa", latest).await?;
//!     println!("{}: {} files", latest.version, contents.files.len());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Every request has a timeout, every answer has a bound, and an [`Error`] says what to do.

mod builder;
mod changes;
mod config;
mod downloads;
mod error;
mod folder;
mod http;
#[cfg(feature = "loopback")]
pub mod loopback;
mod name;
mod packument;
mod read;
mod registry;
mod tarball;

pub use builder::RegistryBuilder;
pub use changes::{Change, Changes};
pub use downloads::{Call, Downloads, EARLIEST, plan};
pub use error::{Error, ErrorKind, Result};
pub use packument::{Fetched, Packument, Version};
pub use registry::Registry;
pub use tarball::{Contents, File, Ignored, Limits, ReadmeFile};
