//! The options of a store, their defaults and their checks. No I/O.

use std::time::Duration;

use crate::backend::BackendOptions;
use crate::error::{Error, Result};
use crate::session::{DEFAULT_TTL, MAX_TTL};
use crate::table::Table;

const MAX_MAX_SIZE: usize = 256 * 1024 * 1024;

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) table: Table,
    pub(crate) create: bool,
    /// How long `setup` waits for a database that is unavailable.
    pub(crate) wait_for_database: Duration,
    pub(crate) ttl: Duration,
    pub(crate) cleanup_interval: Duration,
    pub(crate) max_size: usize,
    pub(crate) touch_every: Option<Duration>,
    pub(crate) backend: BackendOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            table: Table::default(),
            create: true,
            wait_for_database: Duration::ZERO,
            ttl: DEFAULT_TTL,
            cleanup_interval: Duration::from_mins(45),
            max_size: 1024 * 1024,
            touch_every: None,
            backend: BackendOptions::default(),
        }
    }
}

impl Options {
    /// Checks every option. An error names the option and its range.
    pub(crate) fn check(&self) -> Result<()> {
        self.table.check()?;
        if !(1..=MAX_MAX_SIZE).contains(&self.max_size) {
            return Err(
                Error::configuration(format!("the limit must be 1 to {MAX_MAX_SIZE} bytes")).about_option("max_size")
            );
        }
        let positive =
            [("timeout", Some(self.backend.timeout)), ("ttl", Some(self.ttl)), ("max_age", self.table.max_age)];
        let any = [
            ("cleanup_interval", Some(self.cleanup_interval)),
            ("touch_every", self.touch_every),
            ("wait_for_database", Some(self.wait_for_database)),
        ];
        for (option, duration) in positive.into_iter().chain(any) {
            let is_out_of_range = |duration: Duration| {
                duration > MAX_TTL || (duration.is_zero() && positive.iter().any(|(name, _)| *name == option))
            };
            if let Some(duration) = duration.filter(|duration| is_out_of_range(*duration)) {
                let least = if duration.is_zero() { "more than zero and " } else { "" };
                let problem = format!("the duration must be {least}at most 10,000 years; it is {duration:?}");
                return Err(Error::configuration(problem).about_option(option));
            }
        }
        self.backend.check()?;
        Ok(())
    }
}
