//! Passes the warnings of the engine to `process.emitWarning`, because no caller waits for them.

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

/// The engine's crate, with which the targets of its log events begin.
const ENGINE: &str = "pg_session";

/// The code of a warning, and its text.
type Warning = FnArgs<(String, String)>;

/// The JavaScript listener. The reference is weak, so it does not keep the process alive.
type Warn = ThreadsafeFunction<(&'static str, String), (), Warning, Status, false, true>;

/// One listener per JavaScript thread. Only the first that still runs is notified.
static LISTENERS: Mutex<Vec<Warn>> = Mutex::new(Vec::new());

pub(crate) fn listen(warn: Function<'_, Warning, ()>) -> Result<()> {
    let warn = warn.build_threadsafe_function().weak::<true>().build_callback(|context| {
        let (code, text): (&'static str, String) = context.value;
        Ok(FnArgs::from((code.to_owned(), text)))
    })?;
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
        metadata.is_event() && *metadata.level() <= Level::WARN && module(metadata.target()).is_some()
    }

    fn event(&self, event: &Event<'_>) {
        let code = code(event.metadata().target());
        let mut text = Text::default();
        event.record(&mut text);
        let mut listeners = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
        let notified =
            |warn: &Warn| warn.call((code, text.0.clone()), ThreadsafeFunctionCallMode::NonBlocking) == Status::Ok;
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

/// Returns the path of a module of the engine within its crate, or `None` for a module of another crate.
fn module(target: &str) -> Option<&str> {
    match target.strip_prefix(ENGINE)? {
        "" => Some(""),
        path => path.strip_prefix("::"),
    }
}

/// Returns the code of the warnings of a module.
fn code(target: &str) -> &'static str {
    let module = module(target).unwrap_or_default();
    let is_in = |names: &[&str]| names.iter().any(|name| module.starts_with(name));
    match module {
        _ if is_in(&["sweeper", "ops::sweep"]) => "PG_SESSION_SWEEP",
        _ if is_in(&["backend"]) => "PG_SESSION_CONNECTION",
        _ if is_in(&["ops", "core", "table"]) => "PG_SESSION_TABLE",
        _ => "PG_SESSION_WARNING",
    }
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
        // Writing to a String cannot fail.
        let _ = match field.name() {
            "message" => {
                self.0.insert_str(0, &format!("{value:?}"));
                Ok(())
            }
            "error" => write!(self.0, ": {value:?}"),
            // The error contains it.
            "sqlstate" => Ok(()),
            name => write!(self.0, " ({name}: {value:?})"),
        };
    }
}
