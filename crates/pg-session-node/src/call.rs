//! One call of a verb, as JavaScript asks for it.

use std::time::Duration;

use napi::bindgen_prelude::{Either5, Null};
use napi_derive::napi;
use pg_session::{Created, PgStore, Result};
use serde_json::value::RawValue;

use crate::answer::Answer;
use crate::options::duration;

/// A verb of the engine.
#[napi]
#[derive(Clone, Copy)]
pub enum Verb {
    /// Finds or creates the table.
    Setup,
    /// The live session's data.
    Get,
    /// Inserts or replaces.
    Set,
    /// Inserts unless there is one.
    Create,
    /// Moves the expiry.
    Touch,
    /// Deletes one.
    Destroy,
    /// Deletes the expired.
    Sweep,
    /// Ends everything.
    Close,
}

/// A call of a verb. What a verb does not take is left out.
#[napi(object, object_to_js = false)]
pub struct Call {
    /// What the answer will be known by.
    pub ticket: u32,
    /// What to do.
    pub verb: Verb,
    /// The session's id.
    pub id: Option<String>,
    /// The data, as JSON.
    pub data: Option<String>,
    /// The time to live in milliseconds.
    pub ttl: Option<f64>,
}

impl Call {
    pub(crate) async fn run(self, store: &PgStore) -> (u32, Answer) {
        (self.ticket, self.answer(store).await.unwrap_or_else(|error| Either5::E(error.into())))
    }

    async fn answer(self, store: &PgStore) -> Result<Answer> {
        let id = self.id.as_deref().unwrap_or_default();
        let ttl: Option<Duration> = self.ttl.map(duration);
        Ok(match self.verb {
            Verb::Setup => {
                store.setup().await?;
                DONE
            }
            Verb::Get => store.get(id).await?.map_or(DONE, |found| Either5::D(found.json().to_owned())),
            Verb::Set => {
                store.set(id, &*json(self.data), ttl).await?;
                DONE
            }
            Verb::Create => Either5::B(store.create(id, &*json(self.data), ttl).await? == Created::Created),
            Verb::Touch => Either5::B(store.touch(id, ttl).await?),
            Verb::Destroy => Either5::B(store.destroy(id).await?),
            #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 sessions")]
            Verb::Sweep => Either5::C(store.sweep().await? as f64),
            Verb::Close => {
                store.close().await;
                DONE
            }
        })
    }
}

const DONE: Answer = Either5::A(Null);

/// JSON.stringify wrote it, so that it is JSON; `null` where there is none.
fn json(data: Option<String>) -> Box<RawValue> {
    data.and_then(|data| RawValue::from_string(data).ok()).unwrap_or_else(|| RawValue::NULL.to_owned())
}
