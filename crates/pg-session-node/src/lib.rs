//! The Rust half of the npm package `pg-session`: the engine as a Node addon.
//!
//! Its only caller is `lib/calls.js`; the public API is decided in JavaScript. The calls of one tick arrive as a batch, and
//! answers return as batches too. Errors cross as plain data.

mod answer;
mod call;
mod function;
mod options;
mod password;
mod texts;
mod warnings;

use std::iter;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use napi::bindgen_prelude::{Either, Float64ArraySlice, FnArgs, Function, create_custom_tokio_runtime, spawn};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Error, Result, Status};
use napi_derive::{module_init, napi};
use pg_session::PgStore;
use tokio::runtime::Builder;

use answer::{Answer, Answers};
use call::Call;
use function::{Function as ExternalClient, Query};
use options::Options;
use password::Password;
use texts::Texts;

/// Notifies JavaScript of waiting answers. The reference is weak, so it does not keep the process alive.
type Settle = ThreadsafeFunction<(), (), Settled, Status, false, true>;

/// Three numbers per answer, see [`Answers`], and the answers.
type Settled = FnArgs<(Float64ArraySlice<'static>, Vec<Answer>)>;

/// Creates a runtime with one thread, because several would mostly wake each other.
#[module_init]
fn one_thread() {
    // If this fails, napi creates its default runtime.
    if let Ok(runtime) = Builder::new_multi_thread().worker_threads(1).enable_all().build() {
        create_custom_tokio_runtime(runtime);
    }
}

/// Calls `warn` with the code and the text of every warning of the engine from now on.
///
/// # Errors
/// Node is shutting down.
#[napi]
pub fn on_warning(warn: Function<'_, FnArgs<(String, String)>, ()>) -> Result<()> {
    warnings::listen(warn)
}

/// A store of the engine.
#[napi]
pub struct Store {
    store: PgStore,
    waiting: Arc<Mutex<Answers>>,
    settle: Arc<Settle>,
}

#[napi]
impl Store {
    /// Creates a store over a connection string or over a function of the application.
    ///
    /// `password` returns the password of each login with the connection string, in place of the one in the string.
    ///
    /// `settle` receives answers and three numbers for each: the id of its call, and the milliseconds left and the
    /// creation time of the session that it found. The latter two are NaN if there is none.
    ///
    /// # Errors
    /// The connection string or an option is invalid.
    #[napi(constructor)]
    pub fn new(
        connection: Either<String, Query>,
        options: Options,
        settle: Function<'_, Settled, ()>,
        password: Option<Password>,
    ) -> Result<Self> {
        let builder = match connection {
            Either::A(text) => PgStore::builder(text),
            Either::B(query) => PgStore::builder(ExternalClient(query)),
        };
        let builder = match password {
            Some(password) => password::apply(password, builder),
            None => builder,
        };
        let store = options.apply(builder).build().map_err(|error| Error::from_reason(options::message(&error)))?;
        let waiting = Arc::<Mutex<Answers>>::default();
        let answers = Arc::clone(&waiting);
        let settle = settle.build_threadsafe_function::<()>().weak::<true>().build_callback(move |context| {
            let Answers { numbers, answers } = std::mem::take(&mut *lock(&answers));
            Ok((Float64ArraySlice::copy_from(&context.env, numbers)?, answers).into())
        })?;
        Ok(Self { store, waiting, settle: Arc::new(settle) })
    }

    /// Returns what setup has created since the last call of this method.
    #[napi]
    #[must_use]
    pub fn take_created(&self) -> Vec<String> {
        self.store.take_created()
    }

    /// Starts these calls in this order.
    ///
    /// Each call has eight numbers: its id, the operation, the time to live in milliseconds, the creation time of the
    /// session, and the lengths of its texts: the id, the data, the loaded data and the taken data. What a call does not have
    /// is NaN. The texts of all calls are joined.
    ///
    /// # Errors
    /// An operation is unknown or a text is missing, because the JavaScript files have another version than the addon.
    #[napi]
    pub fn submit(&self, numbers: &[f64], text: String) -> Result<()> {
        let mut texts = Texts::new(&text);
        let (calls, _) = numbers.as_chunks();
        let calls: Option<Vec<_>> = calls.iter().map(|numbers| Call::read(*numbers, &mut texts)).collect();
        let calls = calls.ok_or_else(|| {
            Error::from_reason("the files in lib/ and the native addon have different versions; reinstall pg-session")
        })?;
        let (store, waiting, settle) = (self.store.clone(), Arc::clone(&self.waiting), Arc::clone(&self.settle));
        spawn(async move {
            let mut calls: FuturesUnordered<_> = calls.into_iter().map(|call| call.run(&store)).collect();
            while let Some(first) = calls.next().await {
                // Answers that arrive together return together.
                let others = iter::from_fn(|| calls.next().now_or_never().flatten());
                let answered: Vec<_> = iter::once(first).chain(others).collect();
                if lock(&waiting).add(answered) {
                    // Fails only if the JavaScript thread has ended, and then no caller waits.
                    settle.call((), ThreadsafeFunctionCallMode::NonBlocking);
                }
            }
        });
        Ok(())
    }
}

fn lock(answers: &Mutex<Answers>) -> std::sync::MutexGuard<'_, Answers> {
    answers.lock().unwrap_or_else(PoisonError::into_inner)
}
