//! Counts the warnings that the store logs.

use std::sync::atomic::{AtomicU64, Ordering};

use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::SetGlobalDefaultError;
use tracing::{Event, Level, Metadata, Subscriber};

pub(crate) struct Warnings(AtomicU64);

static WARNINGS: Warnings = Warnings(AtomicU64::new(0));

/// Counts from now on. To be called once.
pub(crate) fn count() -> Result<&'static Warnings, SetGlobalDefaultError> {
    tracing::subscriber::set_global_default(Counter)?;
    Ok(&WARNINGS)
}

impl Warnings {
    /// Returns how many warnings and errors have been logged so far.
    pub(crate) fn so_far(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct Counter;

impl Subscriber for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN && metadata.target().starts_with("pg_session")
    }

    fn event(&self, _: &Event<'_>) {
        WARNINGS.0.fetch_add(1, Ordering::Relaxed);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
