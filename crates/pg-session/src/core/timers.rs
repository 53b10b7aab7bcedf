//! Time limits and pauses, which need a Tokio runtime. A caller without one does not wait.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep_until, timeout_at};

/// Waits for something until the deadline. Without a runtime, returns what is there at once.
pub(crate) async fn until<T>(deadline: Instant, wanted: impl Future<Output = T>) -> Option<T> {
    match Handle::try_current() {
        Ok(_) => timeout_at(deadline, wanted).await.ok(),
        Err(_) => {
            let mut wanted = pin!(wanted);
            poll_fn(|context| match wanted.as_mut().poll(context) {
                Poll::Ready(done) => Poll::Ready(Some(done)),
                Poll::Pending => Poll::Ready(None),
            })
            .await
        }
    }
}

/// Pauses until this time.
pub(crate) async fn pause_until(time: Instant) {
    if Handle::try_current().is_ok() {
        sleep_until(time).await;
    }
}
