//! How a check knows, and does not hope, that requests overlapped.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// An app's timer may end so much early.
const HASTE: Duration = Duration::from_millis(5);

/// The longest that requests are held up for.
const LONGEST: Duration = Duration::from_secs(3);

/// When requests were under way that the app held up between their reading and their writing.
#[derive(Clone, Copy)]
pub(super) struct Span {
    began: Instant,
    ended: Instant,
    held: Duration,
}

impl Span {
    pub(super) async fn of(held: Duration, requests: impl Future<Output = ()>) -> Self {
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

/// Sends the others in the middle of a slow request; whether they certainly began after it had read, and ended before
/// it wrote.
pub(super) async fn during(held: Duration, slow: impl Future<Output = ()>, others: impl Future<Output = ()>) -> bool {
    let in_the_middle = async {
        sleep(held / 2).await;
        Span::of(Duration::ZERO, others).await
    };
    let (slow, others) = tokio::join!(Span::of(held, slow), in_the_middle);
    slow.overlaps(&others)
}

/// Repeats a round, its requests held up longer each time, until it tells that they overlapped.
pub(super) async fn until_overlapping(round: impl AsyncFn(Duration) -> bool) {
    let mut held = Duration::from_millis(60);
    while !round(held).await {
        held = longer(held);
    }
}

/// For a machine that is busier than was thought.
pub(super) fn longer(held: Duration) -> Duration {
    assert!(held * 2 <= LONGEST, "requests do not overlap even where the app holds them up for {held:?}");
    held * 2
}
