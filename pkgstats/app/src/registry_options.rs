//! Where the program reads details and daily downloads.

use pkgstats_registry::{Error, Registry};

/// The addresses of the registry, as options of commands.
#[derive(clap::Args, Debug)]
pub struct RegistryOptions {
    /// The address of the registry. By default, that of npm's configuration.
    #[arg(long, env = "PKGSTATS_REGISTRY", value_name = "URL")]
    registry: Option<String>,

    /// The address of the downloads API. By default, npm's.
    #[arg(long, env = "PKGSTATS_DOWNLOADS", value_name = "URL")]
    downloads: Option<String>,

    /// The address of the feed of changes. By default, npm's, or that of the registry.
    #[arg(long, env = "PKGSTATS_CHANGES", value_name = "URL")]
    changes: Option<String>,

    /// Read nothing: show what is stored.
    #[arg(long, env = "PKGSTATS_OFFLINE")]
    offline: bool,
}

impl RegistryOptions {
    /// Returns the registry, or `None` if nothing is to be read.
    ///
    /// # Errors
    /// An address is no address of the web.
    pub fn open(self) -> Result<Option<Registry>, Error> {
        if self.offline {
            return Ok(None);
        }
        let mut builder = Registry::builder().npm_config();
        if let Some(address) = self.registry {
            builder = builder.registry(address);
        }
        if let Some(address) = self.downloads {
            builder = builder.downloads(address);
        }
        if let Some(address) = self.changes {
            builder = builder.changes(address);
        }
        builder.build().map(Some)
    }
}
