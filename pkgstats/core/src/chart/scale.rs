//! The vertical scale of a chart.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// The vertical scale of a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scale {
    /// From 0.
    #[default]
    Linear,
    /// Powers of ten. 0 is drawn at the bottom.
    Log,
}

impl FromStr for Scale {
    type Err = UnknownScale;

    fn from_str(text: &str) -> Result<Self, UnknownScale> {
        match text {
            "linear" => Ok(Self::Linear),
            "log" => Ok(Self::Log),
            _ => Err(UnknownScale),
        }
    }
}

/// A name that is not `linear` or `log`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownScale;

impl fmt::Display for UnknownScale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown scale: use linear or log")
    }
}

impl Error for UnknownScale {}
