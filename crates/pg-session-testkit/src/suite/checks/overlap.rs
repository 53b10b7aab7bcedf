//! Proves with a clock that two requests overlapped.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::suite::must::must;
use crate::suite::visitor::Visitor;

/// How much too early an app's timer may fire.
const TIMER_TOLERANCE: Duration = Duration::from_millis(5);

/// The longest delay of a request.
const MAX_DELAY: Duration = Duration::from_secs(3);

/// The time span of a request, or of several. The app delays each of them between its read and its write.
pub(super) struct Span {
    started: Instant,
    ended: Instant,
    delay: Duration,
}

impl Span {
    async fn of(delay: Duration, requests: impl Future<Output = ()>) -> Self {
        let started = Instant::now();
        requests.await;
        Self { started, ended: Instant::now(), delay: delay.saturating_sub(TIMER_TOLERANCE) }
    }

    /// Returns whether each request must have read before the other wrote.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.latest_read() < other.earliest_write() && other.latest_read() < self.earliest_write()
    }

    fn latest_read(&self) -> Instant {
        self.ended - self.delay
    }

    fn earliest_write(&self) -> Instant {
        self.started + self.delay
    }
}

/// Sends a request such as `PUT /session/a`, and makes the app delay it. The body of a `PUT` is `"slow"`.
///
/// The request must succeed, whatever concurrent requests do.
pub(super) async fn slow(visitor: &Visitor, delay: Duration, request: &str) -> Span {
    let (method, path) = request.split_once(' ').unwrap_or_else(|| panic!("{request} contains no method"));
    let path = format!("{path}?delay_ms={}", delay.as_millis());
    let body = (method == "PUT").then(|| json!("slow"));
    Span::of(delay, async {
        let method = must("parse the method", Method::try_from(method));
        let answer = visitor.request(method, &path, body.as_ref()).await;
        assert!(answer.status.is_success(), "{request} should succeed, whatever concurrent requests do: {answer:?}");
    })
    .await
}

/// Runs `others` in the middle of a [`slow`] request. Returns whether they must have started after its read and ended
/// before its write.
pub(super) async fn during(
    visitor: &Visitor,
    delay: Duration,
    request: &str,
    others: impl Future<Output = ()>,
) -> bool {
    let in_the_middle = async {
        sleep(delay / 2).await;
        Span::of(Duration::ZERO, others).await
    };
    let (slow, others) = tokio::join!(slow(visitor, delay, request), in_the_middle);
    slow.overlaps(&others)
}

/// Repeats a round with ever longer delays until it returns that its requests overlapped.
pub(super) async fn until_overlapping(round: impl AsyncFn(Duration) -> bool) {
    let mut delay = Duration::from_millis(60);
    while !round(delay).await {
        assert!(delay < MAX_DELAY, "the requests do not overlap even with a delay of {delay:?}");
        delay *= 2;
    }
}
