//! Writes a part of the catalogue, in the form of the kind `slice`.

use std::collections::BTreeMap;

use crate::connection::Connection;
use crate::error::Error;
use crate::generation::Generation;
use crate::import::slice::{Header, Line};
use crate::lookup::by_name;
use crate::package_row::PackageRow;
use crate::statements::PACKAGES_BY_RANK;

/// Returns the lines for the most popular packages, and for those of these names.
pub(crate) async fn export(
    connection: &Connection<'_>,
    source: &str,
    top: u32,
    names: &[String],
) -> Result<String, Error> {
    let generation = Generation::read(connection).await?;
    let month = |month: Option<pkgstats_core::figure::Month>| {
        month.map(pkgstats_core::figure::Month::to_iso).unwrap_or_default()
    };
    let header = Header {
        source: source.to_owned(),
        measured: month(generation.measured),
        sum: generation.sum,
        previous_measured: month(generation.previous_measured),
        previous_sum: generation.previous_sum,
    };
    let last = i32::try_from(top).unwrap_or(i32::MAX);
    let mut packages = PackageRow::all(&connection.query(PACKAGES_BY_RANK, &[&0, &last]).await?);
    packages.extend(by_name(connection, names).await?);
    let packages: BTreeMap<i32, PackageRow> = packages.into_iter().map(|package| (package.id, package)).collect();
    let mut lines = vec![to_json(&header)];
    lines.extend(packages.into_values().map(|package| {
        to_json(&Line {
            name: package.name,
            downloads: package.downloads,
            previous: package.previous,
            rank: package.standing.map(|standing| (standing.rank, standing.shared_by)),
            repository: package.repository,
        })
    }));
    Ok(lines.concat())
}

fn to_json(line: &impl serde::Serialize) -> String {
    // Strings and numbers always serialize.
    serde_json::to_string(line).unwrap_or_default() + "\n"
}
