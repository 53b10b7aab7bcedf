//! A package's tarball: its manifest, its readme and its list of files, read as a stream and within bounds.

mod bounded;
mod contents;
mod entries;
mod limits;
mod path;
mod readme;

use std::io::Read;

use bytes::Bytes;
use futures_util::Stream;
use tokio_util::io::{StreamReader, SyncIoBridge};

pub use contents::{Contents, File, Ignored};
pub use limits::Limits;
pub use readme::ReadmeFile;

use crate::error::{Error, ErrorKind, Result};

/// Reads a tarball as it arrives, on a thread for blocking work.
pub(crate) async fn read_stream<S>(what: &str, stream: S, limits: Limits) -> Result<Contents>
where
    S: Stream<Item = std::io::Result<Bytes>> + Send + 'static,
{
    let reader = SyncIoBridge::new(StreamReader::new(Box::pin(stream)));
    read_blocking(what, reader, limits).await
}

/// Reads a tarball from a blocking reader, on a thread for blocking work.
pub(crate) async fn read_blocking<R: Read + Send + 'static>(what: &str, reader: R, limits: Limits) -> Result<Contents> {
    let what = what.to_owned();
    let read = tokio::task::spawn_blocking(move || entries::read(&what, reader, limits));
    read.await.map_err(|error| {
        Error::new(ErrorKind::Broken, "reading a tarball was interrupted: try again").with_source(error)
    })?
}

#[cfg(test)]
mod tests;
