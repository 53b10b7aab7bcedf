use std::sync::Arc;

use tokio::sync::Semaphore;

/// A barrier at which requests wait, after loading their session, until a test releases them. Clones share one gate.
#[derive(Clone, Debug)]
pub struct Gate {
    arrived: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl Gate {
    /// Creates a closed gate.
    #[must_use]
    pub fn new() -> Self {
        Self { arrived: Arc::new(Semaphore::new(0)), open: Arc::new(Semaphore::new(0)) }
    }

    /// Waits in a request until the test opens the gate for it.
    pub async fn wait(&self) {
        self.arrived.add_permits(1);
        pass(&self.open).await;
    }

    /// Waits in the test until one more request has arrived.
    pub async fn arrival(&self) {
        pass(&self.arrived).await;
    }

    /// Waits until this many requests have arrived, runs `meanwhile`, and then releases them.
    pub async fn hold<T>(&self, requests: u32, meanwhile: impl Future<Output = T>) -> T {
        for _ in 0..requests {
            self.arrival().await;
        }
        let done = meanwhile.await;
        self.open.add_permits(requests as usize);
        done
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

async fn pass(semaphore: &Semaphore) {
    // Neither semaphore is ever closed.
    if let Ok(permit) = semaphore.acquire().await {
        permit.forget();
    }
}
