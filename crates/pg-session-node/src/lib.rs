//! The Rust half of the npm package `pg-session`: the engine as a Node addon.
//!
//! Thin on purpose: `store.js` is its only caller, and everything that JavaScript sees is decided there. Calls come in
//! by the batch, those of one tick together, and so do answers go back. Errors cross as plain data.

mod answer;
mod call;
mod function;
mod options;
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
use function::{Function as OwnClient, Query};
use options::{Options, in_words_of_node};

/// Tells JavaScript of the answers that wait. Weak: it does not keep the process alive.
type Settle = ThreadsafeFunction<(), (), Settled, Status, false, true>;

/// Three numbers of each answer, see [`Answers`], and the answers.
type Settled = FnArgs<(Float64ArraySlice<'static>, Vec<Answer>)>;

/// One thread beside JavaScript's, which asks it: several would mostly wake each other.
#[module_init]
fn one_thread() {
    // Where that fails, napi makes a runtime as it is used to.
    if let Ok(runtime) = Builder::new_multi_thread().worker_threads(1).enable_all().build() {
        create_custom_tokio_runtime(runtime);
    }
}

/// Has `warn` called with every warning from now on: a sweep has failed.
///
/// # Errors
/// Node is about to end.
#[napi]
pub fn on_warning(warn: Function<'_, FnArgs<(String,)>, ()>) -> Result<()> {
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
    /// A store over a connection string, or over a function of the application's.
    ///
    /// `settle` is called with answers, and with three numbers of each: the ticket of its call, and of the session that
    /// it found, if any, the milliseconds left and when it was created; else NaN.
    ///
    /// # Errors
    /// The connection string or an option cannot be used; the message says why.
    #[napi(constructor)]
    pub fn new(connection: Either<String, Query>, options: Options, settle: Function<'_, Settled, ()>) -> Result<Self> {
        let builder = match connection {
            Either::A(text) => PgStore::builder(text),
            Either::B(query) => PgStore::builder(OwnClient(query)),
        };
        let store = options.apply(builder).build().map_err(|error| Error::from_reason(in_words_of_node(&error)))?;
        let waiting = Arc::<Mutex<Answers>>::default();
        let answers = Arc::clone(&waiting);
        let settle = settle.build_threadsafe_function::<()>().weak::<true>().build_callback(move |context| {
            let Answers { numbers, answers } = std::mem::take(&mut *lock(&answers));
            Ok((Float64ArraySlice::copy_from(&context.env, numbers)?, answers).into())
        })?;
        Ok(Self { store, waiting, settle: Arc::new(settle) })
    }

    /// Begins these calls, in this order. The numbers are, of each, the ticket that its answer will be known by, the
    /// verb, how many of the texts are its own, and, or NaN, the time to live in milliseconds and when the session was
    /// created. The texts are, of each and as far as its verb takes them, the id, the data as JSON, and what it is
    /// against.
    ///
    /// # Errors
    /// JavaScript has other verbs than this: its files are of another version.
    #[napi]
    pub fn submit(&self, numbers: &[f64], texts: Vec<String>) -> Result<()> {
        let mut texts = texts.into_iter();
        let (calls, _) = numbers.as_chunks();
        let calls: Option<Vec<_>> = calls.iter().map(|numbers| Call::read(*numbers, &mut texts)).collect();
        let calls = calls.ok_or_else(|| Error::from_reason("lib/ and the addon are not of one version"))?;
        let (store, waiting, settle) = (self.store.clone(), Arc::clone(&self.waiting), Arc::clone(&self.settle));
        spawn(async move {
            let mut calls: FuturesUnordered<_> = calls.into_iter().map(|call| call.run(&store)).collect();
            while let Some(first) = calls.next().await {
                // Those that were answered together go back together.
                let others = iter::from_fn(|| calls.next().now_or_never().flatten());
                let answered: Vec<_> = iter::once(first).chain(others).collect();
                if lock(&waiting).add(answered) {
                    // Refused only when JavaScript is gone, and with it who waits.
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
