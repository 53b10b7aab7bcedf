//! Runs long computations beside the async workers.

use std::num::NonZero;
use std::sync::LazyLock;
use std::thread::available_parallelism;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::error::{Error, Result};

/// The texts of a merge that an async worker does by itself have fewer bytes than this in total. A merge takes 40 to 150
/// nanoseconds a byte, so that others wait for it for two or three milliseconds at most.
const LARGE: usize = 16 * 1024;

/// How many large computations of this process run at a time. The async workers need processors, too.
static PLACES: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, NonZero::get).div_ceil(2)));

/// Returns whether a merge of texts of so many bytes takes too long for an async worker.
pub(super) fn is_large(bytes: usize) -> bool {
    bytes >= LARGE
}

/// Runs a computation over texts of so many bytes: a large one on a thread for blocking work, if there is a Tokio runtime.
/// A process runs a few of them at a time.
///
/// # Errors
/// The runtime has ended before it ran.
pub(crate) async fn offload<T: Send + 'static>(
    bytes: usize,
    compute: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    match Handle::try_current() {
        Ok(runtime) if is_large(bytes) => {
            // Never closed.
            let place = PLACES.acquire().await.ok();
            let computing = runtime.spawn_blocking(move || {
                // Kept until the end, also if the caller does not wait for it.
                let _place = place;
                compute()
            });
            match computing.await {
                Ok(done) => Ok(done),
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(error) => Err(Error::runtime_ended().caused_by(error)),
            }
        }
        _ => Ok(compute()),
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[tokio::test]
    async fn only_large_computations_leave_the_thread() {
        let here = thread::current().id();
        assert_eq!(offload(LARGE - 1, || thread::current().id()).await.unwrap(), here);
        assert_ne!(offload(LARGE, || thread::current().id()).await.unwrap(), here);
    }

    #[test]
    fn without_a_runtime_the_caller_computes() {
        let mut computing = std::pin::pin!(offload(LARGE, || 7));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(matches!(computing.as_mut().poll(&mut context), std::task::Poll::Ready(Ok(7))));
    }

    #[tokio::test]
    async fn dropped_callers_give_their_places_back() {
        for _ in 0..100 {
            let mut computing = Box::pin(offload(LARGE, || ()));
            let _ = futures_poll(&mut computing);
        }
        offload(LARGE, || ()).await.unwrap();
    }

    fn futures_poll<F: Future>(future: &mut std::pin::Pin<Box<F>>) -> bool {
        future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_ready()
    }
}
