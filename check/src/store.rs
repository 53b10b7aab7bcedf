//! A store, as the calls reach it.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use pg_session::{Created, PgStore, PgStoreBuilder, Rotated, Session, Updated};

use crate::history::{Data, Id};

/// Why a call failed: whether it took effect is unknown.
pub type Failure = Box<dyn Error + Send + Sync>;

/// A store, by the means that its users have. A `bool` is whether the session lived; of `create`, whether it was made.
pub trait Store: Send + Sync + 'static {
    /// What an update is against.
    type Base: Clone + Send + Sync;

    /// Whether it can insert what is not there, and refuse where it is.
    const CREATES: bool = true;

    /// The time to live of the sessions that expire in a run.
    const BRIEF: Duration = Duration::from_millis(100);

    /// By how much a time to live may be rounded up, and clocks may differ.
    const SLACK: Duration = Duration::from_millis(20);

    /// As a request begins.
    fn get(&self, id: Id) -> impl Future<Output = Result<Option<(Data, Self::Base)>, Failure>> + Send;

    /// Inserts or replaces.
    fn set(&self, id: Id, data: &Data, ttl: Duration) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Inserts what is not there. A store that [cannot](Self::CREATES) sets it.
    fn create(&self, id: Id, data: &Data, ttl: Duration) -> impl Future<Output = Result<bool, Failure>> + Send {
        async move { self.set(id, data, ttl).await.map(|()| true) }
    }

    /// As a request ends that has changed what it found.
    fn update(
        &self,
        id: Id,
        base: &Self::Base,
        data: &Data,
        ttl: Duration,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// As a request ends that has changed nothing. None where the store does not tell whether the session lived.
    fn touch(&self, id: Id, ttl: Duration) -> impl Future<Output = Result<Option<bool>, Failure>> + Send;

    /// A logout. None where the store does not tell whether the session lived.
    fn destroy(&self, id: Id) -> impl Future<Output = Result<Option<bool>, Failure>> + Send;

    /// Gives the session another id.
    fn rotate(&self, old: Id, new: Id, ttl: Duration) -> impl Future<Output = Result<bool, Failure>> + Send;
}

/// pg-session.
#[derive(Clone)]
pub struct Ours(PgStore);

impl Ours {
    /// A store of its own connections, on a table that it makes if need be.
    ///
    /// # Errors
    /// Those of [`PgStore::setup`].
    pub async fn new(url: &str) -> Result<Self, Failure> {
        Self::build(PgStore::builder(url)).await
    }

    /// The same, with options.
    ///
    /// # Errors
    /// Those of [`PgStore::setup`], and of options that do not go.
    pub async fn build(builder: PgStoreBuilder) -> Result<Self, Failure> {
        let store = builder.build()?;
        store.setup().await?;
        Ok(Self(store))
    }
}

impl Store for Ours {
    type Base = Session;

    async fn get(&self, id: Id) -> Result<Option<(Data, Session)>, Failure> {
        let Some(session) = self.0.get(&name(id)).await? else { return Ok(None) };
        Ok(Some((session.decode()?, session)))
    }

    async fn set(&self, id: Id, data: &Data, ttl: Duration) -> Result<(), Failure> {
        Ok(self.0.set(&name(id), data, ttl).await?)
    }

    async fn create(&self, id: Id, data: &Data, ttl: Duration) -> Result<bool, Failure> {
        Ok(self.0.create(&name(id), data, ttl).await? == Created::Created)
    }

    async fn update(&self, _id: Id, base: &Session, data: &Data, ttl: Duration) -> Result<bool, Failure> {
        Ok(self.0.update(base, data, ttl).await? != Updated::Gone)
    }

    async fn touch(&self, id: Id, ttl: Duration) -> Result<Option<bool>, Failure> {
        Ok(Some(self.0.touch(&name(id), ttl).await?))
    }

    async fn destroy(&self, id: Id) -> Result<Option<bool>, Failure> {
        Ok(Some(self.0.destroy(&name(id)).await?))
    }

    async fn rotate(&self, old: Id, new: Id, _ttl: Duration) -> Result<bool, Failure> {
        match self.0.rotate(&name(old), &name(new)).await? {
            Rotated::Rotated => Ok(true),
            Rotated::Gone => Ok(false),
            Rotated::Exists => Err("the new id is taken, and nobody had it".into()),
        }
    }
}

fn name(id: Id) -> String {
    format!("session {id}")
}
