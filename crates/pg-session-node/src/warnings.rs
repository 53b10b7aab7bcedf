//! Passes warnings of the engine to `process.emitWarning`, such as those of the background sweeper, for which no caller waits.

use std::error;
use std::fmt::{self, Write};
use std::sync::{Mutex, PoisonError};

use napi::bindgen_prelude::{FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Result, Status};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::options;

/// The targets of the engine's log events begin with it.
const ENGINE: &str = "pg_session";

/// The JavaScript listener. The reference is weak, so it does not keep the process alive.
type Warn = ThreadsafeFunction<String, (), FnArgs<(String,)>, Status, false, true>;

/// One listener per JavaScript thread. Only the first that still runs is notified.
static LISTENERS: Mutex<Vec<Warn>> = Mutex::new(Vec::new());

pub(crate) fn listen(warn: Function<'_, FnArgs<(String,)>, ()>) -> Result<()> {
    let warn =
        warn.build_threadsafe_function().weak::<true>().build_callback(|context| Ok(FnArgs::from((context.value,))))?;
    LISTENERS.lock().unwrap_or_else(PoisonError::into_inner).push(warn);
    // Fails if another JavaScript thread has set it already.
    let _ = tracing::subscriber::set_global_default(Warnings);
    Ok(())
}

/// Passes on warnings of the engine and nothing else.
struct Warnings;

impl Subscriber for Warnings {
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= Level::WARN && metadata.target().starts_with(ENGINE)
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        let mut listeners = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
        let notified = |warn: &Warn| warn.call(text.0.clone(), ThreadsafeFunctionCallMode::NonBlocking) == Status::Ok;
        while listeners.first().is_some_and(|warn| !notified(warn)) {
            listeners.remove(0);
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The text of an event: its message, then its other fields.
#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_error(&mut self, field: &Field, value: &(dyn error::Error + 'static)) {
        match value.downcast_ref() {
            Some(error) => self.record_debug(field, &format_args!("{}", options::message(error))),
            None => self.record_debug(field, &format_args!("{value}")),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0.insert_str(0, &format!("{value:?}"));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(self.0, ": {value:?}");
        }
    }
}
