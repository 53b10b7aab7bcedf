//! What tells the ids of a readme from those of the page.

/// Begins each id in a readme, so that none of them stands for something of the page.
pub const ID_PREFIX: &str = "readme-";
