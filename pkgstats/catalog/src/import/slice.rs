//! A part of the catalogue in one file: a line for the totals, then one for each package, in JSON.

use std::io::BufRead;

use pkgstats_core::popularity::Standing;
use serde::{Deserialize, Serialize};

use crate::import::fault::Fault;
use crate::import::item::{Item, Total};

/// The first line.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Header {
    /// Where the data is from, and under which licence.
    pub(crate) source: String,
    pub(crate) measured: String,
    pub(crate) sum: u64,
    pub(crate) previous_measured: String,
    pub(crate) previous_sum: u64,
}

/// A package.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Line {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) downloads: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rank: Option<(u32, u32)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) repository: Option<String>,
}

/// Calls `each` for what the lines say.
pub(crate) fn each_line(reader: impl BufRead, each: &mut dyn FnMut(Item)) -> Result<(), Fault> {
    for (index, line) in reader.lines().enumerate() {
        let line = line?;
        let fault = |error: serde_json::Error| match Fault::from(error) {
            Fault::Line { what, .. } => Fault::at(index + 1, what),
            fault @ Fault::Read(_) => fault,
        };
        if index == 0 {
            let header: Header = serde_json::from_str(&line).map_err(fault)?;
            each(Item::Total(Total { measured: header.measured.parse().ok(), sum: header.sum }));
            let measured = header.previous_measured.parse().ok();
            each(Item::PreviousTotal(Total { measured, sum: header.previous_sum }));
            continue;
        }
        let Line { name, downloads, previous, rank, repository } = serde_json::from_str(&line).map_err(fault)?;
        if let Some((downloads, (rank, shared_by))) = downloads.zip(rank) {
            each(Item::Standing(downloads, Standing { rank, shared_by }));
        }
        if let Some(downloads) = downloads {
            each(Item::Count(name.clone(), downloads));
        }
        if let Some(previous) = previous {
            each(Item::Previous(name.clone(), previous));
        }
        if let Some(url) = repository {
            each(Item::Repository(name.clone(), url));
        }
        each(Item::Name(name));
    }
    Ok(())
}
