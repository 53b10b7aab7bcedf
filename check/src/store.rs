//! The interface through which a run calls a store.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use crate::history::{Data, Id};

/// Why a call failed. Whether it took effect is unknown.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// A store, called through its public API. A `bool` says whether the session lived, or whether `create` inserted it.
pub trait Store: Send + Sync + 'static {
    /// The base of an update.
    type Base: Clone + Send + Sync;

    /// Whether `create` refuses to overwrite a live session.
    const CAN_CREATE: bool = true;

    /// The time to live of the sessions that expire during a run.
    const SHORT_TTL: Duration = Duration::from_millis(100);

    /// How far clocks may differ, including the rounding of a time to live.
    const SLACK: Duration = Duration::from_millis(20);

    /// Reads the session, as a request does when it begins.
    fn get(&self, id: Id) -> impl Future<Output = Result<Option<(Data, Self::Base)>, BoxError>> + Send;

    /// Inserts or replaces the session.
    fn set(&self, id: Id, data: &Data, ttl: Duration) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// Inserts the session unless it lives. Sets it if the store [cannot create](Self::CAN_CREATE).
    fn create(&self, id: Id, data: &Data, ttl: Duration) -> impl Future<Output = Result<bool, BoxError>> + Send {
        async move { self.set(id, data, ttl).await.map(|()| true) }
    }

    /// Saves the session, as a request does when it ends and has changed the session.
    fn update(
        &self,
        id: Id,
        base: &Self::Base,
        data: &Data,
        ttl: Duration,
    ) -> impl Future<Output = Result<bool, BoxError>> + Send;

    /// Moves the expiry, as a request does when it ends and has changed nothing. Returns `None` if the store does not
    /// say whether the session lived.
    fn touch(&self, id: Id, ttl: Duration) -> impl Future<Output = Result<Option<bool>, BoxError>> + Send;

    /// Deletes the session, as a logout does. Returns `None` if the store does not say whether the session lived.
    fn destroy(&self, id: Id) -> impl Future<Output = Result<Option<bool>, BoxError>> + Send;

    /// Moves the session to another id.
    fn rotate(&self, old: Id, new: Id, ttl: Duration) -> impl Future<Output = Result<bool, BoxError>> + Send;
}
