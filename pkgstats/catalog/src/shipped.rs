//! The data that this crate ships, for tests and demos without network.

/// The 5,000 most popular packages and the [example names](example_names), as a file of the kind `slice`.
///
/// From `download-counts`, `all-the-package-names` and `all-the-package-repos` (MIT), as its first line says.
pub(crate) const SLICE: &[u8] = include_bytes!("../data/slice.jsonl.gz");

/// Returns the names that the examples and tests of Pkg Stats use. Many are not popular, so that a
/// [`Selection`](crate::Selection) by downloads lacks them.
pub fn example_names() -> impl Iterator<Item = &'static str> {
    include_str!("../data/names.txt").lines()
}
