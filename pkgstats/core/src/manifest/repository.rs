//! `repository`: a string, an object or an array, in a dozen notations, as a web address.

use serde_json::Value;
use url::Url;

use super::web;

/// Where a package's source is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// The web address of the repository, without `.git`.
    pub url: String,
    /// The service that hosts it, if it is one whose addresses of files are known.
    pub host: Option<Host>,
    /// The package's folder in the repository, such as `packages/core`, without slashes at its ends.
    pub directory: Option<String>,
}

/// A service whose addresses of files are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Host {
    /// github.com
    GitHub,
    /// gitlab.com
    GitLab,
    /// bitbucket.org
    Bitbucket,
}

impl Host {
    fn of_domain(domain: &str) -> Option<Self> {
        match domain.strip_prefix("www.").unwrap_or(domain) {
            "github.com" => Some(Self::GitHub),
            "gitlab.com" => Some(Self::GitLab),
            "bitbucket.org" => Some(Self::Bitbucket),
            _ => None,
        }
    }

    fn domain(self) -> &'static str {
        match self {
            Self::GitHub => "github.com",
            Self::GitLab => "gitlab.com",
            Self::Bitbucket => "bitbucket.org",
        }
    }
}

impl Repository {
    /// Reads one of npm's notations: an address, `git+ssh://…`, `git@host:owner/name.git`, `github:owner/name` or
    /// `owner/name`.
    ///
    /// ```
    /// use pkgstats_core::manifest::Repository;
    ///
    /// let repository = Repository::parse("git+ssh://git@github.com/koajs/koa.git").expect("a repository");
    /// assert_eq!(repository.url, "https://github.com/koajs/koa");
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let address = shorthand(text).or_else(|| scp(text)).unwrap_or_else(|| text.to_owned());
        let mut url = Url::parse(address.strip_prefix("git+").unwrap_or(&address)).ok()?;
        if matches!(url.scheme(), "git" | "ssh") {
            // The scheme of an address without a default port cannot be changed in place.
            url = Url::parse(&format!("https://{}{}", url.host_str()?, url.path())).ok()?;
        }
        let host = Host::of_domain(url.host_str()?);
        match host {
            Some(host) => Self::hosted(host, &url),
            None => {
                url.set_fragment(None);
                let url = web::address(url.as_str())?;
                let url = url.strip_suffix('/').unwrap_or(&url);
                let url = url.strip_suffix(".git").unwrap_or(url).to_owned();
                Some(Self { url, host: None, directory: None })
            }
        }
    }

    /// Returns the owner's name, such as `koajs`, on a known service. On GitLab it may contain slashes.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        let path = self.url.strip_prefix("https://")?.split_once('/')?.1;
        self.host.and(path.rsplit_once('/')).map(|(owner, _)| owner)
    }

    fn hosted(host: Host, url: &Url) -> Option<Self> {
        let path = url.path().trim_matches('/');
        // After `/-/` on GitLab, or the second segment elsewhere, follow pages of the repository.
        let (path, page) = match host {
            Host::GitLab => path.split_once("/-/").unwrap_or((path, "")),
            _ => match path.match_indices('/').nth(1) {
                Some((end, _)) => (&path[..end], &path[end + 1..]),
                None => (path, ""),
            },
        };
        let path = path.trim_end_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        if path.split('/').count() < 2 || path.split('/').any(str::is_empty) {
            return None;
        }
        // `tree/BRANCH/packages/core`, or `src/BRANCH/…` on Bitbucket
        let mut parts = page.splitn(3, '/');
        let is_folder = matches!(parts.next(), Some("tree" | "src"));
        let directory = parts.nth(1).filter(|_| is_folder).and_then(directory);
        Some(Self { url: format!("https://{}/{path}", host.domain()), host: Some(host), directory })
    }
}

pub(super) fn read(value: Option<&Value>) -> Option<Repository> {
    match value? {
        Value::String(text) => Repository::parse(text),
        Value::Array(list) => list.iter().find_map(|value| read(Some(value))),
        Value::Object(object) => {
            let mut repository = Repository::parse(object.get("url")?.as_str()?)?;
            if let Some(found) = object.get("directory").and_then(Value::as_str).and_then(directory) {
                repository.directory = Some(found);
            }
            Some(repository)
        }
        _ => None,
    }
}

/// `owner/name`, `github:owner/name`, `gitlab:…`, `bitbucket:…` and `gist:…`
fn shorthand(text: &str) -> Option<String> {
    let text = text.split('#').next().unwrap_or(text);
    let (domain, path) = match text.split_once(':') {
        Some(("github", path)) => ("github.com", path),
        Some(("gitlab", path)) => ("gitlab.com", path),
        Some(("bitbucket", path)) => ("bitbucket.org", path),
        Some(("gist", path)) => ("gist.github.com", path),
        Some(_) => return None,
        None if text.starts_with("github.com/") || text.starts_with("www.github.com/") => {
            return Some(format!("https://{text}"));
        }
        None if text.split('/').count() == 2 && !text.contains(char::is_whitespace) => ("github.com", text),
        None => return None,
    };
    (!path.starts_with('/')).then(|| format!("https://{domain}/{path}"))
}

/// `git@github.com:owner/name.git`, with or without `ssh://` before it
fn scp(text: &str) -> Option<String> {
    let text = ["git+ssh://", "ssh://"].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
    let (user, rest) = text.split_once('@')?;
    let (domain, path) = rest.split_once(':')?;
    let is_name = |text: &str| !text.is_empty() && !text.contains(['/', ':']);
    let is_port = path.split('/').next().is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    (is_name(user) && is_name(domain) && !is_port).then(|| format!("https://{domain}/{}", path.trim_start_matches('/')))
}

/// Returns the folder without `.`, and `None` for the root or a folder outside the repository.
fn directory(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    (!parts.is_empty() && !parts.contains(&"..")).then(|| parts.join("/"))
}
