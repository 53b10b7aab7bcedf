//! Who is measured. Each does the same three things, by the means that its users have.

mod bare;
mod ours;
mod redis;
mod sqlx_store;

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

pub(crate) use bare::Bare;
pub(crate) use ours::Ours;
pub(crate) use redis::Redis;
pub(crate) use sqlx_store::SqlxStore;

use crate::load::Operation;

pub(crate) type Failure = Box<dyn Error + Send + Sync>;
pub(crate) type Done<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

pub(crate) const TTL_SECONDS: u64 = 24 * 3600;

pub(crate) trait Side: Send + Sync {
    fn name(&self) -> &'static str;

    /// Whether this cell tells anything.
    fn does(&self, _operation: Operation, _callers: usize) -> bool {
        true
    }

    fn get<'a>(&'a self, id: &'a str) -> Done<'a>;
    fn set<'a>(&'a self, id: &'a str, data: &'a str) -> Done<'a>;
    fn touch<'a>(&'a self, id: &'a str) -> Done<'a>;
}

/// A session that was filled in is missing: what was measured is not what it should be.
pub(crate) fn found<T>(session: Option<T>) -> Result<(), Failure> {
    session.map(drop).ok_or_else(|| "a session is missing".into())
}
