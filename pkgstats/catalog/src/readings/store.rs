//! Stores a reading in one transaction.

use std::collections::BTreeSet;

use deadpool_postgres::Transaction;
use pkgstats_core::word::{words, words_of_text};
use tokio_postgres::types::ToSql;

use super::dependency::Dependency;
use super::handle::{Readings, Result};
use super::reading::Reading;
use super::readme::Contents;
use super::version::Version;

impl Readings {
    /// Stores what was read of a package, in place of what was read before. Searches find the package by its keywords, its
    /// description and the address of its repository.
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error).
    pub async fn store(&self, reading: &Reading) -> Result<()> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        store_details(&transaction, reading).await?;
        let name = reading.details.name.as_str();
        store_versions(&transaction, name, &reading.versions).await?;
        store_dependencies(&transaction, name, &reading.dependencies).await?;
        if let (Some(contents), Some(version)) = (&reading.contents, &reading.details.version) {
            store_contents(&transaction, name, version, contents).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

async fn store_details(transaction: &Transaction<'_>, reading: &Reading) -> Result<()> {
    let details = &reading.details;
    let (version, description) =
        (details.version.as_deref().map(storable), details.description.as_deref().map(storable));
    let deprecated = details.deprecated.as_deref().map(storable);
    let keywords: Vec<String> = details.keywords.iter().map(|keyword| storable(keyword)).collect();
    let mut searched: BTreeSet<String> = words(&details.name);
    let repository = reading.facts.repository.as_deref();
    for text in keywords.iter().map(String::as_str).chain(description.as_deref()).chain(repository) {
        searched.extend(words_of_text(text));
    }
    let searched: Vec<String> = searched.iter().map(|word| storable(word)).collect();
    // `jsonb` cannot hold NUL, not even escaped.
    let facts = serde_json::to_string(&reading.facts).unwrap_or_default().replace("\\u0000", "");
    let etag = reading.etag.as_deref().map(storable);
    let params: [&(dyn ToSql + Sync); 8] =
        [&details.name, &version, &description, &keywords, &deprecated, &searched, &facts, &etag];
    run(transaction, include_str!("../../sql/readings/store_details.sql"), &params).await
}

async fn store_versions(transaction: &Transaction<'_>, name: &str, versions: &[Version]) -> Result<()> {
    /// One column of all versions.
    fn column<'a, T>(versions: &'a [Version], of: impl FnMut(&'a Version) -> T) -> Vec<T> {
        versions.iter().map(of).collect()
    }
    let text = |text: &Option<String>| text.as_deref().map(storable);
    let params: [&(dyn ToSql + Sync); 11] = [
        &name,
        &column(versions, |version| storable(&version.version)),
        &column(versions, |version| version.published),
        &column(versions, |version| text(&version.deprecated)),
        &column(versions, |version| text(&version.license)),
        &column(versions, |version| text(&version.module_format)),
        &column(versions, |version| version.has_types),
        &column(versions, |version| text(&version.node)),
        &column(versions, |version| version.unpacked_size),
        &column(versions, |version| version.file_count),
        &column(versions, |version| version.dependencies),
    ];
    run(transaction, include_str!("../../sql/readings/store_versions.sql"), &params).await
}

async fn store_dependencies(transaction: &Transaction<'_>, name: &str, dependencies: &[Dependency]) -> Result<()> {
    let kinds: Vec<_> = dependencies.iter().map(|dependency| dependency.kind.as_str()).collect();
    let names: Vec<_> = dependencies.iter().map(|dependency| storable(&dependency.name)).collect();
    let ranges: Vec<_> = dependencies.iter().map(|dependency| storable(&dependency.range)).collect();
    run(transaction, include_str!("../../sql/readings/store_dependencies.sql"), &[&name, &kinds, &names, &ranges]).await
}

async fn store_contents(transaction: &Transaction<'_>, name: &str, version: &str, contents: &Contents) -> Result<()> {
    let (path, text) = contents.readme.as_ref().map(|(path, text)| (storable(path), storable(text))).unzip();
    let paths: Vec<_> = contents.files.iter().map(|(path, _)| storable(path)).collect();
    let sizes: Vec<_> = contents.files.iter().map(|(_, size)| *size).collect();
    let params: [&(dyn ToSql + Sync); 7] = [&name, &storable(version), &path, &text, &contents.is_cut, &paths, &sizes];
    run(transaction, include_str!("../../sql/readings/store_readme.sql"), &params).await
}

async fn run(transaction: &Transaction<'_>, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<()> {
    let statement = transaction.prepare_cached(sql).await?;
    transaction.execute(&statement, params).await?;
    Ok(())
}

/// PostgreSQL's texts cannot hold NUL.
fn storable(text: &str) -> String {
    text.replace('\0', "")
}
