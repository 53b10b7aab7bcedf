use std::sync::Arc;

use tokio::sync::Semaphore;

/// Where requests wait, once they have loaded their session, until a test lets them go on. Clones are one gate.
#[derive(Clone, Debug)]
pub struct Gate {
    arrived: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl Gate {
    /// A closed gate.
    #[must_use]
    pub fn new() -> Self {
        Self { arrived: Arc::new(Semaphore::new(0)), open: Arc::new(Semaphore::new(0)) }
    }

    /// What a request does.
    pub async fn wait(&self) {
        self.arrived.add_permits(1);
        pass(&self.open).await;
    }

    /// A request has come.
    pub async fn arrival(&self) {
        pass(&self.arrived).await;
    }

    /// When so many requests have come, does something and lets them go on.
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
    // Neither is ever closed.
    if let Ok(permit) = semaphore.acquire().await {
        permit.forget();
    }
}
