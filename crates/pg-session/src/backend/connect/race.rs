//! Tries several servers or addresses with a head start for the earlier ones, as RFC 8305 ("Happy Eyeballs") describes.

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::sleep;

/// How long an attempt may take before the next one starts beside it: the "Connection Attempt Delay" that RFC 8305 recommends.
const HEAD_START: Duration = Duration::from_millis(250);

/// One attempt. An error comes with whether it is final.
pub(super) type Attempt<'a, T, E> = Pin<Box<dyn Future<Output = Result<T, (E, bool)>> + Send + 'a>>;

/// Runs the attempts until one succeeds, and drops the others. Each starts when the one before it has failed, or has had its
/// head start. A final error starts no further attempt.
///
/// If all fail, returns the final error, or that of the last attempt. Returns `None` if there are no attempts.
pub(super) async fn race<T, E>(attempts: Vec<Attempt<'_, T, E>>) -> Option<Result<T, E>> {
    let mut attempts = attempts.into_iter().enumerate();
    let mut running = Vec::new();
    let mut failure: Option<(usize, E)> = None;
    loop {
        let next = attempts.next();
        let is_last = next.is_none();
        running.extend(next);
        if running.is_empty() {
            return failure.map(|(_, error)| Err(error));
        }
        tokio::select! {
            biased;
            (number, result) = first(&mut running) => match result {
                Ok(winner) => return Some(Ok(winner)),
                Err((error, true)) => {
                    attempts.by_ref().for_each(drop);
                    failure = Some((usize::MAX, error));
                }
                Err((error, false)) if failure.as_ref().is_none_or(|(other, _)| *other < number) => failure = Some((number, error)),
                Err(_) => {}
            },
            () = async { if is_last { pending().await } else { sleep(HEAD_START).await } } => {}
        }
    }
}

/// Waits for the first attempt that ends, and removes it.
async fn first<T, E>(running: &mut Vec<(usize, Attempt<'_, T, E>)>) -> (usize, Result<T, (E, bool)>) {
    poll_fn(|cx| {
        for index in 0..running.len() {
            let (number, attempt) = &mut running[index];
            if let Poll::Ready(result) = attempt.as_mut().poll(cx) {
                let number = *number;
                drop(running.remove(index));
                return Poll::Ready((number, result));
            }
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::time::{Instant, timeout};

    use super::*;

    /// Runs attempts that each take so many milliseconds and have this result. Returns when each started, and the result.
    async fn run(attempts: &[(u64, Result<u8, u8>)]) -> (Vec<u128>, Option<Result<u8, u8>>) {
        let (began, started) = (Instant::now(), Mutex::new(Vec::new()));
        let attempt = |(duration, result): &(u64, Result<u8, u8>)| -> Attempt<'_, u8, u8> {
            let (duration, result, started) = (*duration, *result, &started);
            Box::pin(async move {
                started.lock().unwrap().push(began.elapsed().as_millis());
                sleep(Duration::from_millis(duration)).await;
                result.map_err(|error| (error, error > 100))
            })
        };
        let result = race(attempts.iter().map(attempt).collect()).await;
        (started.into_inner().unwrap(), result)
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_attempt_costs_a_quarter_of_a_second() {
        assert_eq!(run(&[(9000, Ok(1)), (10, Ok(2))]).await, (vec![0, 250], Some(Ok(2))));
        assert_eq!(run(&[(9000, Ok(1)), (9000, Ok(2)), (10, Ok(3))]).await, (vec![0, 250, 500], Some(Ok(3))));
        assert_eq!(run(&[(300, Ok(1)), (200, Ok(2))]).await, (vec![0, 250], Some(Ok(1))));
        assert_eq!(run(&[(200, Ok(1)), (1, Ok(2))]).await, (vec![0], Some(Ok(1))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_starts_the_next_at_once() {
        assert_eq!(run(&[(10, Err(1)), (10, Err(2)), (10, Ok(3))]).await, (vec![0, 10, 20], Some(Ok(3))));
        assert_eq!(run(&[(10, Err(1)), (5, Err(2))]).await, (vec![0, 10], Some(Err(2))));
        assert_eq!(run(&[(600, Err(1)), (5, Err(2))]).await, (vec![0, 250], Some(Err(2))));
        assert_eq!(run(&[]).await, (vec![], None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_final_error_starts_no_further_attempt() {
        assert_eq!(run(&[(10, Err(101)), (10, Ok(2))]).await, (vec![0], Some(Err(101))));
        // One that runs already may still succeed.
        assert_eq!(run(&[(400, Ok(1)), (10, Err(101)), (10, Ok(3))]).await, (vec![0, 250], Some(Ok(1))));
        let slow = timeout(Duration::from_secs(1), run(&[(9000, Ok(1)), (10, Err(101))])).await;
        assert!(slow.is_err());
    }
}
