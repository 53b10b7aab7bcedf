//! Requests that have loaded their session, and wait.

use std::sync::Arc;

use tokio::sync::Semaphore;

#[derive(Clone)]
pub(crate) struct Gate {
    arrived: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self { arrived: Arc::new(Semaphore::new(0)), open: Arc::new(Semaphore::new(0)) }
    }

    /// What a request does.
    pub(crate) async fn wait(&self) {
        self.arrived.add_permits(1);
        self.open.acquire().await.unwrap().forget();
    }

    /// A request has come.
    pub(crate) async fn arrival(&self) {
        self.arrived.acquire().await.unwrap().forget();
    }

    /// When so many requests have come, does something and lets them go on.
    pub(crate) async fn hold<T>(&self, requests: u32, meanwhile: impl Future<Output = T>) -> T {
        for _ in 0..requests {
            self.arrival().await;
        }
        let done = meanwhile.await;
        self.open.add_permits(requests as usize);
        done
    }
}
