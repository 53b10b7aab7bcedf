//! Where links and images lead: into the readme, into the repository, or to the web.

use percent_encoding::percent_decode_str;
use url::Url;

use super::anchors::Anchors;
use crate::manifest::{Host, Repository};

/// Resolves the links of a readme.
pub(super) struct Links<'a> {
    pub(super) repository: Option<&'a Repository>,
    pub(super) anchors: &'a Anchors,
}

impl Links<'_> {
    /// Returns the address of a link: `#…`, `http`, `https` or `mailto`. Others lead nowhere.
    pub(super) fn page(&self, href: &str) -> Option<String> {
        let href = href.trim();
        if let Some(fragment) = href.strip_prefix('#') {
            let fragment = percent_decode_str(fragment).decode_utf8_lossy();
            return (!fragment.is_empty()).then(|| format!("#{}", self.anchors.resolve(&fragment)));
        }
        let url = self.absolute(href, base_of_pages)?;
        matches!(url.scheme(), "http" | "https" | "mailto").then(|| url.into())
    }

    /// Returns the address of an image, which is `http` or `https`.
    pub(super) fn image(&self, src: &str) -> Option<String> {
        let mut url = self.absolute(src.trim(), base_of_files)?;
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        // GitHub's `/blob/` is a page about the file; `/raw/` is the file itself.
        if url.host_str() == Some("github.com") {
            let path = url.path().replacen("/blob/", "/raw/", 1);
            url.set_path(&path);
        }
        Some(url.into())
    }

    fn absolute(&self, address: &str, base: impl Fn(&Repository, Host) -> String) -> Option<Url> {
        match Url::parse(address) {
            Ok(url) => return Some(url),
            Err(url::ParseError::RelativeUrlWithoutBase) => {}
            Err(_) => return None,
        }
        if address.is_empty() {
            return None;
        }
        // A browser reads a backslash as a slash.
        if address.starts_with("//") || address.starts_with("\\\\") {
            return Url::parse("https://localhost/").ok()?.join(address).ok();
        }
        let repository = self.repository?;
        let root = Url::parse(&base(repository, repository.host?)).ok()?;
        match address.strip_prefix('/') {
            Some(path) => root.join(path).ok(),
            None => {
                let folder = repository.directory.as_deref().map(|directory| format!("{directory}/"));
                root.join(folder.as_deref().unwrap_or("")).ok()?.join(address).ok()
            }
        }
        .filter(|url| url.origin() == root.origin())
    }
}

fn base_of_pages(repository: &Repository, host: Host) -> String {
    let url = &repository.url;
    match host {
        Host::GitHub => format!("{url}/blob/HEAD/"),
        Host::GitLab => format!("{url}/-/blob/HEAD/"),
        Host::Bitbucket => format!("{url}/src/HEAD/"),
    }
}

fn base_of_files(repository: &Repository, host: Host) -> String {
    let url = &repository.url;
    match host {
        Host::GitHub => format!("{}/HEAD/", url.replacen("https://github.com", "https://raw.githubusercontent.com", 1)),
        Host::GitLab => format!("{url}/-/raw/HEAD/"),
        Host::Bitbucket => format!("{url}/raw/HEAD/"),
    }
}
