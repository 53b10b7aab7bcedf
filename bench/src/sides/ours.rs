use std::time::Duration;

use pg_session::PgStore;
use serde_json::value::RawValue;

use super::{Done, Failure, Side, TTL_SECONDS, found};

/// pg-session, with the default options but that a touch always writes.
pub(crate) struct Ours(PgStore);

impl Ours {
    pub(crate) async fn new(url: &str) -> Result<Self, Failure> {
        let store = PgStore::builder(url).touch_every(Duration::ZERO).build()?;
        store.setup().await?;
        Ok(Self(store))
    }
}

impl Side for Ours {
    fn name(&self) -> &'static str {
        "pg-session"
    }

    fn get<'a>(&'a self, id: &'a str) -> Done<'a> {
        Box::pin(async move { found(self.0.get(id).await?) })
    }

    fn set<'a>(&'a self, id: &'a str, data: &'a str) -> Done<'a> {
        Box::pin(async move {
            let data: &RawValue = serde_json::from_str(data)?;
            Ok(self.0.set(id, data, Duration::from_secs(TTL_SECONDS)).await?)
        })
    }

    fn touch<'a>(&'a self, id: &'a str) -> Done<'a> {
        Box::pin(async move { found(self.0.touch(id, Duration::from_secs(TTL_SECONDS)).await?.then_some(())) })
    }
}
