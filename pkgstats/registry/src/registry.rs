//! The registry: one method for each thing that is read.

use std::fmt;
use std::sync::Arc;

use time::Date;
use url::Url;

use crate::changes::{Changes, MAX_LIMIT, parse as parse_changes, parse_state};
use crate::downloads::{Api, Call, Downloads, Pace};
use crate::error::{Error, ErrorKind, Result};
use crate::folder::{self, Folder};
use crate::http::{Http, Request, age, age_of_file, etag};
use crate::name;
use crate::packument::{self, FULL, Fetched, Packument, Version};
use crate::tarball::{self, Contents, Limits};

/// A registry of packages: over HTTP, or in a folder. Clones share its connections and its pace.
#[derive(Clone)]
pub struct Registry(Arc<Inner>);

struct Inner {
    source: Source,
    limits: Limits,
    api: Option<Api>,
}

pub(crate) enum Source {
    Web(Box<Web>),
    Folder(Folder),
}

pub(crate) struct Web {
    pub(crate) http: Http,
    pub(crate) addresses: Addresses,
    pub(crate) pace: Pace,
}

/// The addresses that are read. Each ends in a slash.
pub(crate) struct Addresses {
    pub(crate) registry: Url,
    pub(crate) downloads: Url,
    pub(crate) changes: Url,
}

impl fmt::Debug for Registry {
    /// Shows the host alone, as an address may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = match &self.0.source {
            Source::Web(web) => web.addresses.registry.host_str(),
            Source::Folder(_) => None,
        };
        f.debug_struct("Registry").field("host", &host).finish_non_exhaustive()
    }
}

impl Registry {
    pub(crate) fn new(source: Source, limits: Limits) -> Self {
        let api = match &source {
            Source::Web(web) => Some(Api::new(web.http.clone(), web.addresses.downloads.clone(), web.pace.clone())),
            Source::Folder(_) => None,
        };
        Self(Arc::new(Inner { source, limits, api }))
    }

    /// Returns whether the registry is a folder, which has no download counts and no changes.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        matches!(self.0.source, Source::Folder(_))
    }

    /// Reads what the registry says of a package. With the ETag of the last answer, only if that has changed.
    ///
    /// # Errors
    ///
    /// The package is not found or refused, or the registry cannot be read.
    pub async fn packument(&self, name: &str, known: Option<&str>) -> Result<Fetched<Packument>> {
        name::check(name)?;
        let what = format!("the packument of {name}");
        let limit = self.0.limits.packument;
        let (json, etag, age) = match &self.0.source {
            Source::Web(web) => {
                let url = join(&web.addresses.registry, &name::encode(name))?;
                let request = Request { what: &what, url, accept: FULL, etag: known };
                let Some(response) = web.http.get(&request).await? else { return Ok(Fetched::NotModified) };
                let (etag, age) = (etag(response.headers()), age(response.headers()));
                (Http::bytes(&what, response, limit).await?, etag, age)
            }
            Source::Folder(folder) => {
                let file = folder.packument(&what, name)?;
                let age = age_of_file(file.metadata().and_then(|metadata| metadata.modified()).ok());
                (blocking(move || folder::read(&what, file, limit)).await?, None, age)
            }
        };
        let name = name.to_owned();
        let value = blocking(move || packument::parse(&name, &json)).await?;
        Ok(Fetched::New { value, etag, age })
    }

    /// Reads the tarball of a version, as it arrives.
    ///
    /// The tarball is always read from the registry's own host, as npm does: a packument cannot send requests elsewhere.
    ///
    /// # Errors
    ///
    /// The tarball is not found, refused, broken or too large, or the registry cannot be read.
    pub async fn tarball(&self, name: &str, version: &Version) -> Result<Contents> {
        name::check(name)?;
        let what = format!("the tarball of {name} {}", version.version);
        match &self.0.source {
            Source::Web(web) => {
                let url = tarball_url(&web.addresses.registry, name, version)?;
                let request = Request { what: &what, url, accept: "application/octet-stream", etag: None };
                let response = web.http.get(&request).await?;
                let response = response.ok_or_else(|| Error::broken(&what, "an answer without content"))?;
                tarball::read_stream(&what, Http::stream(&what, response), self.0.limits).await
            }
            Source::Folder(folder) => {
                let file = folder.tarball(&what, name, &version.version)?;
                tarball::read_blocking(&what, file, self.0.limits).await
            }
        }
    }

    /// Reads the download counts of one call of a [`plan`](crate::plan). It waits for its turn in the pace of the API.
    ///
    /// # Errors
    ///
    /// The API cannot be read, or still answers 429 after several pauses. A name that is refused or unknown is no error.
    pub async fn downloads(&self, call: &Call) -> Result<Downloads> {
        match &self.0.api {
            Some(api) => api.read(call).await,
            None => Err(offline("download counts")),
        }
    }

    /// Reads the download counts of one package, from one day to another, in as many calls as it takes.
    ///
    /// # Errors
    ///
    /// As [`downloads`](Self::downloads); also if the name is refused or unknown.
    pub async fn downloads_of(&self, name: &str, from: Date, to: Date) -> Result<pkgstats_core::series::Series> {
        let api = self.0.api.as_ref().ok_or_else(|| offline("download counts"))?;
        api.read_one(name, from, to).await
    }

    /// Reads what has changed since a sequence number, up to `limit` changes, of which npm allows 10,000.
    ///
    /// # Errors
    ///
    /// The registry has no feed of changes, or it cannot be read.
    pub async fn changes(&self, since: u64, limit: usize) -> Result<Changes> {
        let Source::Web(web) = &self.0.source else { return Err(offline("changes")) };
        let what = "the feed of changes";
        let mut url = join(&web.addresses.changes, "_changes")?;
        url.set_query(Some(&format!("since={since}&limit={}", limit.clamp(1, MAX_LIMIT))));
        let response = web.http.get(&Request { what, url, accept: "application/json", etag: None }).await?;
        let response = response.ok_or_else(|| Error::broken(what, "an answer without content"))?;
        let json = Http::bytes(what, response, self.0.limits.packument).await?;
        parse_changes(&json, since)
    }

    /// Returns the address of the feed of changes, without credentials, or `None` for a folder.
    #[must_use]
    pub fn feed(&self) -> Option<String> {
        let Source::Web(web) = &self.0.source else { return None };
        let mut address = web.addresses.changes.clone();
        // An address that cannot have them has none.
        let _ = address.set_username("").and_then(|()| address.set_password(None));
        Some(address.into())
    }

    /// Returns the sequence number of the last change, where a follower begins.
    ///
    /// # Errors
    ///
    /// The registry has no feed of changes, or it cannot be read.
    pub async fn last_change(&self) -> Result<u64> {
        let Source::Web(web) = &self.0.source else { return Err(offline("changes")) };
        let what = "the state of the feed of changes";
        let request = Request { what, url: web.addresses.changes.clone(), accept: "application/json", etag: None };
        let response = web.http.get(&request).await?;
        let response = response.ok_or_else(|| Error::broken(what, "an answer without content"))?;
        parse_state(&Http::bytes(what, response, self.0.limits.packument).await?)
    }
}

/// Returns the packument's address of the tarball, moved to the registry's own scheme and host.
fn tarball_url(registry: &Url, name: &str, version: &Version) -> Result<Url> {
    let usual =
        || join(registry, &format!("{}/-/{}-{}.tgz", name::encode(name), name::unscoped(name), version.version));
    let Some(given) = version.tarball.as_deref().and_then(|url| Url::parse(url).ok()) else { return usual() };
    if given.origin() == registry.origin() {
        return Ok(given);
    }
    // A registry below a path, such as a mirror, has its tarballs below it too. npm's own addresses have no such path.
    if !given.path().starts_with(registry.path()) {
        return join(registry, given.path().trim_start_matches('/'));
    }
    let mut url = registry.clone();
    url.set_path(given.path());
    url.set_query(given.query());
    Ok(url)
}

/// Appends a path to an address. A version with a `?` or `..` in it cannot change where it leads.
fn join(base: &Url, path: &str) -> Result<Url> {
    let invalid =
        || Error::new(ErrorKind::Invalid, format!("\"{path}\" is no path at a registry: check the name and version"));
    let url = base.join(&format!("./{path}")).map_err(|_| invalid())?;
    if url.origin() == base.origin() && url.path().starts_with(base.path()) { Ok(url) } else { Err(invalid()) }
}

fn offline(what: &str) -> Error {
    Error::new(ErrorKind::Unreachable, format!("{what} cannot be read from a folder: set the address of a registry"))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let interrupted = |error| Error::new(ErrorKind::Broken, "reading was interrupted: try again").with_source(error);
    tokio::task::spawn_blocking(work).await.map_err(interrupted)?
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{join, tarball_url};
    use crate::packument::Version;

    fn url(registry: &str, tarball: Option<&str>) -> String {
        let mut version = Version::named("1.0.0");
        version.tarball = tarball.map(str::to_owned);
        tarball_url(&Url::parse(registry).unwrap(), "@a/b", &version).unwrap().into()
    }

    #[test]
    fn tarballs_are_read_from_the_registrys_own_host() {
        let npm = Some("https://registry.npmjs.org/@a/b/-/b-1.0.0.tgz");
        assert_eq!(url("https://registry.npmjs.org/", npm), "https://registry.npmjs.org/@a/b/-/b-1.0.0.tgz");
        assert_eq!(url("http://127.0.0.1:1/", npm), "http://127.0.0.1:1/@a/b/-/b-1.0.0.tgz");
        assert_eq!(url("https://m.example/npm/", npm), "https://m.example/npm/@a/b/-/b-1.0.0.tgz");
        let inner = Some("http://inner.example/npm/@a/b/-/b-1.0.0.tgz");
        assert_eq!(url("https://m.example/npm/", inner), "https://m.example/npm/@a/b/-/b-1.0.0.tgz");
        assert_eq!(url("https://m.example/npm/", None), "https://m.example/npm/@a%2Fb/-/b-1.0.0.tgz");
        assert_eq!(url("https://m.example/", Some("http://169.254.169.254/x?y")), "https://m.example/x?y");
        assert_eq!(url("https://m.example/", Some("file:///etc/passwd")), "https://m.example/etc/passwd");
    }

    #[test]
    fn paths_stay_below_the_registry() {
        let base = Url::parse("https://m.example/npm/").unwrap();
        assert_eq!(join(&base, "http:%2F%2Fevil.example").unwrap().host_str(), Some("m.example"));
        assert!(join(&base, "../x").is_err());
        assert_eq!(join(&base, "a:b").unwrap().as_str(), "https://m.example/npm/a:b");
    }
}
