//! How much is read.

/// The bounds of what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest packument in bytes. Default: 64 MB; that of `@types/node` has 9.4 MB.
    pub packument: usize,
    /// The longest tarball in bytes. Default: 64 MB.
    pub packed: u64,
    /// The most bytes a tarball may unpack to. Default: 512 MB.
    pub unpacked: u64,
    /// The most entries of a tarball. Default: 50,000.
    pub entries: usize,
    /// The number of bytes of a readme that are read; the rest is cut off. Default: 1 MB.
    pub readme: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { packument: 64 << 20, packed: 64 << 20, unpacked: 512 << 20, entries: 50_000, readme: 1 << 20 }
    }
}
