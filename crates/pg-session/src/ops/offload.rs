//! Runs long computations beside the async workers.

use std::num::NonZero;
use std::sync::LazyLock;
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, timeout_at};

use crate::core::half_until;
use crate::error::{Error, ErrorKind, Result};

/// The texts of a merge that an async worker does by itself have fewer bytes than this in total. A merge takes 40 to 150
/// nanoseconds a byte, so that others wait for it for two or three milliseconds at most.
const LARGE: usize = 16 * 1024;

/// How many large computations of this process run at a time. The async workers need processors, too.
static PLACES: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, NonZero::get).div_ceil(2)));

/// How often a computation that waits looks for a place.
const LOOK: Duration = Duration::from_millis(2);

/// Returns whether a merge of texts of so many bytes takes too long for an async worker.
pub(super) fn is_large(bytes: usize) -> bool {
    bytes >= LARGE
}

/// Runs a computation over texts of so many bytes: a large one on a thread for blocking work, if there is a Tokio runtime.
/// A process runs a few of them at a time. One that has waited for half of its time runs beside them.
///
/// # Errors
/// The runtime has ended before it ran, or it has not ended by the deadline.
pub(crate) async fn offload<T: Send + 'static>(
    deadline: Instant,
    bytes: usize,
    compute: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    match Handle::try_current() {
        Ok(runtime) if is_large(bytes) => {
            let place = find_place(half_until(deadline)).await;
            let computing = runtime.spawn_blocking(move || {
                // Kept until the end, also if the caller does not wait for it.
                let _place = place;
                compute()
            });
            let Ok(computed) = timeout_at(deadline, computing).await else { return Err(too_slow()) };
            match computed {
                Ok(done) => Ok(done),
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(error) => Err(Error::runtime_ended().caused_by(error)),
            }
        }
        _ => Ok(compute()),
    }
}

/// Returns a place, or `None` if none was free by then.
///
/// It looks again and again: a free place that the semaphore hands to a waiter is lost while the waiter's runtime stands still.
async fn find_place(until: Instant) -> Option<SemaphorePermit<'static>> {
    loop {
        match PLACES.try_acquire() {
            Ok(place) => return Some(place),
            Err(_) if Instant::now() >= until => return None,
            Err(_) => sleep(LOOK).await,
        }
    }
}

fn too_slow() -> Error {
    let message = "the session's data could not be compared within the time limit, because it is large and others are merged at \
                   once; store less in a session, or try again";
    Error::new(ErrorKind::Overloaded, message).retryable()
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[tokio::test]
    async fn only_large_computations_leave_the_thread() {
        let here = thread::current().id();
        assert_eq!(offload(soon(), LARGE - 1, || thread::current().id()).await.unwrap(), here);
        assert_ne!(offload(soon(), LARGE, || thread::current().id()).await.unwrap(), here);
    }

    #[test]
    fn without_a_runtime_the_caller_computes() {
        let mut computing = std::pin::pin!(offload(soon(), LARGE, || 7));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(matches!(computing.as_mut().poll(&mut context), std::task::Poll::Ready(Ok(7))));
    }

    /// Its runtime stands still.
    #[tokio::test]
    async fn a_waiter_that_nobody_polls_keeps_no_place() {
        let places = PLACES.acquire_many(u32::try_from(PLACES.available_permits()).unwrap()).await.unwrap();
        let mut dead = Box::pin(offload(soon(), LARGE, || ()));
        assert!(!futures_poll(&mut dead));
        drop(places);
        tokio::time::timeout(Duration::from_secs(5), offload(soon(), LARGE, || ())).await.unwrap().unwrap();
        drop(dead);
    }

    #[tokio::test]
    async fn a_computation_ends_with_its_time() {
        let deadline = Instant::now() + Duration::from_millis(50);
        let error = offload(deadline, LARGE, || thread::sleep(Duration::from_millis(500))).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Overloaded, true));
    }

    #[tokio::test]
    async fn dropped_callers_give_their_places_back() {
        for _ in 0..100 {
            let mut computing = Box::pin(offload(soon(), LARGE, || ()));
            let _ = futures_poll(&mut computing);
        }
        offload(soon(), LARGE, || ()).await.unwrap();
    }

    fn futures_poll<F: Future>(future: &mut std::pin::Pin<Box<F>>) -> bool {
        future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_ready()
    }
}
