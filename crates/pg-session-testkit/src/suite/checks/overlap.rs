//! How a check knows, and does not hope, that requests overlapped.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::suite::{Visitor, must};

/// An app's timer may end so much early.
const HASTE: Duration = Duration::from_millis(5);

/// The longest that requests are held up.
const LONGEST: Duration = Duration::from_secs(3);

/// When requests were under way that the app held up between their reading and their writing.
pub(super) struct Span {
    began: Instant,
    ended: Instant,
    held: Duration,
}

impl Span {
    async fn of(held: Duration, requests: impl Future<Output = ()>) -> Self {
        let began = Instant::now();
        requests.await;
        Self { began, ended: Instant::now(), held: held.saturating_sub(HASTE) }
    }

    /// Whether each had certainly read before the other wrote.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.read_by() < other.wrote_from() && other.read_by() < self.wrote_from()
    }

    fn read_by(&self) -> Instant {
        self.ended - self.held
    }

    fn wrote_from(&self) -> Instant {
        self.began + self.held
    }
}

/// Sends a request such as `PUT /session/a`, which the app holds up. A value that is put is `"slow"`. It must succeed,
/// whatever others do meanwhile.
pub(super) async fn slow(visitor: &Visitor, held: Duration, request: &str) -> Span {
    let (method, path) = request.split_once(' ').unwrap_or_else(|| panic!("{request} names no method"));
    let path = format!("{path}?delay_ms={}", held.as_millis());
    let body = (method == "PUT").then(|| json!("slow"));
    Span::of(held, async {
        let method = must("read the method", Method::try_from(method));
        let answer = visitor.request(method, &path, body.as_ref()).await;
        assert!(answer.status.is_success(), "{request} should succeed, whatever others do meanwhile: {answer:?}");
    })
    .await
}

/// Sends others in the middle of a [`slow`] request; whether they certainly began after it had read, and ended before it
/// wrote.
pub(super) async fn during(visitor: &Visitor, held: Duration, request: &str, others: impl Future<Output = ()>) -> bool {
    let in_the_middle = async {
        sleep(held / 2).await;
        Span::of(Duration::ZERO, others).await
    };
    let (slow, others) = tokio::join!(slow(visitor, held, request), in_the_middle);
    slow.overlaps(&others)
}

/// Repeats a round, its requests held up longer each time, until it tells that they overlapped.
pub(super) async fn until_overlapping(round: impl AsyncFn(Duration) -> bool) {
    let mut held = Duration::from_millis(60);
    while !round(held).await {
        assert!(held < LONGEST, "requests do not overlap even where the app holds them up for {held:?}");
        held *= 2;
    }
}
