//! The options of a [`Registry`].

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::config;
use crate::downloads::Pace;
use crate::error::{Error, ErrorKind, Result};
use crate::folder::Folder;
use crate::http::Http;
use crate::registry::{Addresses, Registry, Source, Web};
use crate::tarball::Limits;

const REGISTRY: &str = "https://registry.npmjs.org/";
const DOWNLOADS: &str = "https://api.npmjs.org/";
/// npm serves its changes at an address of their own. Other registries serve them beside the packages, if at all.
const CHANGES: &str = "https://replicate.npmjs.com/registry/";

/// The options of a [`Registry`].
#[derive(Clone)]
#[must_use]
pub struct RegistryBuilder {
    registry: Option<String>,
    downloads: Option<String>,
    changes: Option<String>,
    folder: Option<PathBuf>,
    npm_config: bool,
    connect_timeout: Duration,
    timeout: Duration,
    pause: Duration,
    limits: Limits,
}

impl Default for RegistryBuilder {
    fn default() -> Self {
        Self {
            registry: None,
            downloads: None,
            changes: None,
            folder: None,
            npm_config: false,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(60),
            pause: Duration::from_secs(2),
            limits: Limits::default(),
        }
    }
}

impl Registry {
    /// Returns the options of a registry.
    pub fn builder() -> RegistryBuilder {
        RegistryBuilder::default()
    }
}

impl RegistryBuilder {
    /// Sets the address of the registry. Default: `https://registry.npmjs.org/`.
    pub fn registry(mut self, address: impl Into<String>) -> Self {
        self.registry = Some(address.into());
        self
    }

    /// Sets the address of the downloads API. Default: `https://api.npmjs.org/`.
    pub fn downloads(mut self, address: impl Into<String>) -> Self {
        self.downloads = Some(address.into());
        self
    }

    /// Sets the address below which `_changes` is. Default: that of npm for npm's registry, or else the registry's own.
    pub fn changes(mut self, address: impl Into<String>) -> Self {
        self.changes = Some(address.into());
        self
    }

    /// Reads the registry's address from the user's npm configuration, unless [`registry`](Self::registry) sets it.
    /// Default: off.
    pub fn npm_config(mut self) -> Self {
        self.npm_config = true;
        self
    }

    /// Reads `NAME.json` and tarballs as `npm pack` names them from a folder, and makes no request. Default: none.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Sets how long a connection may take to open. Default: 5 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets how long an answer may take, to its last byte; a tarball may take twice as long. A pause between two chunks
    /// may take a quarter of it. Default: 60 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the time between two requests to the downloads API. Default: 2 s, which npm tolerates.
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Sets the bounds of what is read.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Creates the registry.
    ///
    /// # Errors
    ///
    /// An address is not `http` or `https`.
    pub fn build(self) -> Result<Registry> {
        if let Some(folder) = self.folder {
            return Ok(Registry::new(Source::Folder(Folder::new(folder)), self.limits));
        }
        let configured = if self.npm_config && self.registry.is_none() { config::registry() } else { None };
        let registry = address("registry", self.registry.or(configured).as_deref().unwrap_or(REGISTRY))?;
        let changes = match self.changes {
            Some(changes) => address("changes", &changes)?,
            None if registry.as_str() == REGISTRY => address("changes", CHANGES)?,
            None => registry.clone(),
        };
        let downloads = address("downloads", self.downloads.as_deref().unwrap_or(DOWNLOADS))?;
        let http = Http::new(self.connect_timeout, self.timeout)?;
        let addresses = Addresses { registry, downloads, changes };
        Ok(Registry::new(Source::Web(Box::new(Web { http, addresses, pace: Pace::new(self.pause) })), self.limits))
    }
}

/// Returns an address that ends in a slash, below which paths can be appended.
fn address(option: &str, text: &str) -> Result<Url> {
    let invalid = |why: &str| {
        // The text is not repeated, as it may contain a password.
        Err(Error::new(ErrorKind::Invalid, format!("invalid address of option `{option}`: {why}; use https://HOST/")))
    };
    let Ok(mut url) = Url::parse(text.trim()) else { return invalid("not a URL") };
    if !matches!(url.scheme(), "http" | "https") {
        return invalid("not http or https");
    }
    url.set_query(None);
    url.set_fragment(None);
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::{RegistryBuilder, address};

    #[test]
    fn addresses_end_in_a_slash_and_errors_show_no_password() {
        assert_eq!(address("registry", "https://a.example/npm").unwrap().as_str(), "https://a.example/npm/");
        for text in ["ftp://user:secret@a.example", "user:secret@", "", "file:///x"] {
            let error = RegistryBuilder::default().registry(text).build().expect_err(text);
            assert!(!error.to_string().contains("secret") && error.to_string().contains("`registry`"), "{error}");
        }
    }
}
