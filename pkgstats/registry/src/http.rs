//! Requests with timeouts, a limited number of redirects, and errors that say what to do.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use reqwest_tls::header::{ACCEPT, ACCEPT_ENCODING, AGE, ETAG, HeaderMap, IF_NONE_MATCH, RETRY_AFTER};
use reqwest_tls::redirect::Policy;
use reqwest_tls::{Client, Response, StatusCode};
use url::Url;

use crate::error::{Error, ErrorKind, Result};

const MAX_REDIRECTS: usize = 5;

const AGENT: &str = concat!("pkgstats/", env!("CARGO_PKG_VERSION"), " (+", env!("CARGO_PKG_REPOSITORY"), ")");

#[derive(Clone)]
pub(crate) struct Http {
    client: Client,
    timeout: Duration,
}

/// What is asked for.
pub(crate) struct Request<'a> {
    /// What an error calls it: "the packument of koa".
    pub(crate) what: &'a str,
    pub(crate) url: Url,
    pub(crate) accept: &'a str,
    pub(crate) etag: Option<&'a str>,
}

impl Http {
    pub(crate) fn new(connect_timeout: Duration, timeout: Duration) -> Result<Self> {
        let invalid = |error: Box<dyn std::error::Error + Send + Sync>| {
            let message = "the HTTP client cannot start: check the certificates and the proxy of this machine";
            Error::new(ErrorKind::Invalid, message).with_source(error)
        };
        let client = Client::builder()
            .use_preconfigured_tls(tls().map_err(|error| invalid(error.into()))?)
            .user_agent(AGENT)
            .connect_timeout(connect_timeout)
            .read_timeout(timeout / 4)
            .redirect(Policy::custom(|attempt| {
                let is_downgrade = attempt.previous().last().is_some_and(|url| url.scheme() == "https")
                    && attempt.url().scheme() != "https";
                if attempt.previous().len() > MAX_REDIRECTS {
                    attempt.error("too many redirects")
                } else if is_downgrade {
                    attempt.error("a redirect from https to http")
                } else {
                    attempt.follow()
                }
            }))
            .build()
            .map_err(|error| invalid(error.into()))?;
        Ok(Self { client, timeout })
    }

    /// Sends a request, and returns the answer, or `None` if nothing has changed since `etag`.
    pub(crate) async fn get(&self, request: &Request<'_>) -> Result<Option<Response>> {
        let Request { what, url, accept, etag } = request;
        let mut call = self.client.get(url.clone()).timeout(self.timeout).header(ACCEPT, *accept);
        if *accept == "application/octet-stream" {
            // What is compressed already is not compressed again.
            call = call.timeout(self.timeout * 2).header(ACCEPT_ENCODING, "identity");
        }
        if let Some(etag) = etag {
            call = call.header(IF_NONE_MATCH, *etag);
        }
        let response = call.send().await.map_err(|error| failed(what, url, error))?;
        match response.status() {
            StatusCode::NOT_MODIFIED if etag.is_some() => Ok(None),
            status if status.is_success() => Ok(Some(response)),
            status => Err(refusal(what, url, status, response.headers())),
        }
    }

    /// Reads an answer to its end, up to a number of bytes.
    pub(crate) async fn bytes(what: &str, response: Response, limit: usize) -> Result<Vec<u8>> {
        let too_large = || Error::too_large(what, format_args!("{} MB", limit >> 20));
        let url = response.url().clone();
        let announced = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        if announced > limit {
            return Err(too_large());
        }
        let mut bytes = Vec::with_capacity(announced);
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| failed(what, &url, error))?;
            if bytes.len() + chunk.len() > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Returns the chunks of an answer, as they arrive.
    pub(crate) fn stream(what: &str, response: Response) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        let (what, url) = (what.to_owned(), response.url().clone());
        response.bytes_stream().map(move |chunk| chunk.map_err(|error| io::Error::other(failed(&what, &url, error))))
    }
}

/// Returns an answer's ETag.
pub(crate) fn etag(headers: &HeaderMap) -> Option<String> {
    headers.get(ETAG)?.to_str().ok().map(str::to_owned)
}

/// Returns how long ago the answer was made, if a cache says so.
pub(crate) fn age(headers: &HeaderMap) -> Option<Duration> {
    headers.get(AGE)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn tls() -> Result<rustls::ClientConfig, rustls::Error> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    Ok(rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

fn failed(what: &str, url: &Url, error: reqwest_tls::Error) -> Error {
    let host = host(url);
    let (kind, message) = if error.is_timeout() {
        (ErrorKind::Slow, format!("{what} did not arrive in time from {host}: try again later, or raise the timeout"))
    } else if error.is_redirect() {
        (
            ErrorKind::Broken,
            format!(
                "{what} cannot be read: {host} redirects too often, or from https to http; check the registry's address"
            ),
        )
    } else if error.is_decode() {
        (ErrorKind::Broken, format!("{what} arrived damaged from {host}: try again later"))
    } else {
        (
            ErrorKind::Unreachable,
            format!("{what} cannot be read: {host} is unreachable; check the network and the address"),
        )
    };
    // The error's own text would show the address, which may contain a token.
    Error::new(kind, message).with_source(error.without_url())
}

fn refusal(what: &str, url: &Url, status: StatusCode, headers: &HeaderMap) -> Error {
    let host = host(url);
    let (kind, message) = match status.as_u16() {
        404 | 410 => {
            (ErrorKind::NotFound, format!("{what} was not found at {host}: check the name, or use another registry"))
        }
        401 | 402 | 403 | 407 | 451 => (
            ErrorKind::Refused,
            format!("{what} is refused by {host} ({status}): a rule of the registry or of a firewall"),
        ),
        413 | 414 => (ErrorKind::TooLarge, format!("{what} is too long a request for {host} ({status}): ask for less")),
        429 => (ErrorKind::RateLimited, format!("{what} cannot be read: too many requests to {host}; try again later")),
        408 | 504 => {
            (ErrorKind::Slow, format!("{what} did not arrive in time from {host} ({status}): try again later"))
        }
        500..=599 => {
            (ErrorKind::Unreachable, format!("{what} cannot be read: {host} answered {status}; try again later"))
        }
        _ => (
            ErrorKind::Broken,
            format!("{what} has an unexpected answer from {host} ({status}): check the registry's address"),
        ),
    };
    Error::new(kind, message).with_retry_after(retry_after(headers))
}

/// `Retry-After` is a number of seconds or a date. A date needs a clock that agrees, and is rare: it counts as absent.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or("the registry");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Returns how long ago a file was written.
pub(crate) fn age_of_file(written: Option<SystemTime>) -> Option<Duration> {
    SystemTime::now().duration_since(written?).ok()
}
