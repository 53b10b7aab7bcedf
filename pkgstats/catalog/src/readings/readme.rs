//! What a tarball contains: the readme, and the files.

use super::handle::{Readings, Result};

/// What the tarball of the latest version contains.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// The path and the text of the readme.
    pub readme: Option<(String, String)>,
    /// Whether the readme is longer than what was read.
    pub is_cut: bool,
    /// The paths and the sizes in bytes.
    pub files: Vec<(String, i64)>,
}

/// A readme as its author wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadmeText {
    /// The version whose readme it is.
    pub version: String,
    /// The path, whose ending tells the syntax.
    pub path: String,
    /// The text.
    pub text: String,
    /// Whether it is longer than that.
    pub is_cut: bool,
}

/// The files of a package.
#[derive(Clone, Debug, PartialEq)]
pub struct Files {
    /// The version whose files they are.
    pub version: String,
    /// The paths and the sizes in bytes.
    pub files: Vec<(String, i64)>,
}

impl Readings {
    /// Returns the readme of a package, or `None` if it has none or was not read.
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error).
    pub async fn readme(&self, name: &str) -> Result<Option<ReadmeText>> {
        let rows = self.query(include_str!("../../sql/readings/readme.sql"), &[&name]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let (Some(path), Some(text)) = (row.get(1), row.get(2)) else { return Ok(None) };
        Ok(Some(ReadmeText { version: row.get(0), path, text, is_cut: row.get(3) }))
    }

    /// Returns the files of a package, or `None` if they were not read.
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error).
    pub async fn files(&self, name: &str) -> Result<Option<Files>> {
        let rows = self.query(include_str!("../../sql/readings/files.sql"), &[&name]).await?;
        let files = |row: &tokio_postgres::Row| {
            let (paths, sizes): (Vec<String>, Vec<i64>) = (row.get(1), row.get(2));
            Files { version: row.get(0), files: paths.into_iter().zip(sizes).collect() }
        };
        Ok(rows.first().map(files))
    }
}
