//! One call of a store operation.

use std::time::Duration;

use napi::bindgen_prelude::{Either6, Null};
use napi_derive::napi;
use pg_session::{Created, Error, PgStore, Renewal, Rotated, Session, Updated};
use serde_json::value::RawValue;

use crate::answer::{Answer, Answered, Failure, Times, text};
use crate::options::duration;
use crate::texts::Texts;

/// An operation of the store.
#[napi]
#[derive(Clone, Copy)]
pub enum Operation {
    /// Finds or creates the table.
    Setup,
    /// Returns the data of a live session.
    Get,
    /// Inserts or replaces a session.
    Set,
    /// Inserts a session unless a live one has the id.
    Create,
    /// Saves a loaded session, merged with concurrent changes.
    Update,
    /// Moves the expiry.
    Touch,
    /// Deletes a session.
    Destroy,
    /// Deletes a session and returns its data.
    Take,
    /// Gives a session a new id, which is passed as the data.
    Rotate,
    /// Stores a session that was taken under a new id.
    Renew,
    /// Returns the sessions of a subject, which is passed as the id.
    SessionsOf,
    /// Deletes the sessions of a subject, except the id that is passed as the data.
    DestroySessionsOf,
    /// Returns all live sessions.
    All,
    /// Counts the live sessions.
    Count,
    /// Deletes all sessions.
    Clear,
    /// Deletes the expired sessions.
    Sweep,
    /// Closes the store.
    Close,
}

impl Operation {
    /// All operations, by their numbers.
    const ALL: [Self; 17] = [
        Self::Setup,
        Self::Get,
        Self::Set,
        Self::Create,
        Self::Update,
        Self::Touch,
        Self::Destroy,
        Self::Take,
        Self::Rotate,
        Self::Renew,
        Self::SessionsOf,
        Self::DestroySessionsOf,
        Self::All,
        Self::Count,
        Self::Clear,
        Self::Sweep,
        Self::Close,
    ];
}

const _: () = {
    let mut number = 0;
    while number < Operation::ALL.len() {
        assert!(Operation::ALL[number] as usize == number);
        number += 1;
    }
};

/// The keys that middlewares keep in the data for themselves; see also `lib/middleware-fields.js`.
const OWN_KEYS: [&str; 4] = ["cookie", "_expire", "_maxAge", "_session"];

/// A call of an operation. Values that the operation does not take are `None`.
pub(crate) struct Call {
    pub(crate) call_id: u32,
    pub(crate) operation: Operation,
    pub(crate) id: Option<String>,
    /// JSON, unless the operation says otherwise.
    pub(crate) data: Option<String>,
    /// The JSON that was loaded, which an update or a renewal merges against.
    pub(crate) base: Option<String>,
    /// The JSON of the session that was taken for a renewal; `None` if it was gone.
    pub(crate) taken: Option<String>,
    /// The time to live in milliseconds.
    pub(crate) ttl: Option<f64>,
    /// When the taken session was created, in microseconds since the Unix epoch.
    pub(crate) created: Option<f64>,
}

impl Call {
    /// Reads the next call of a batch, in the format of [`Store::submit`](crate::Store::submit). Returns `None` if the
    /// operation is unknown, or a text is missing.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "these numbers are small counts")]
    pub(crate) fn read(numbers: [f64; 8], texts: &mut Texts<'_>) -> Option<Self> {
        let [call_id, operation, ttl, created, lengths @ ..] = numbers;
        let operation = *Operation::ALL.get(operation as usize)?;
        let [ttl, created] = [ttl, created].map(|number| (!number.is_nan()).then_some(number));
        let mut text = |length: f64| if length.is_nan() { Some(None) } else { texts.next(length as usize).map(Some) };
        let [id, data, base, taken] = lengths;
        let (id, data, base, taken) = (text(id)?, text(data)?, text(base)?, text(taken)?);
        Some(Self { call_id: call_id as u32, operation, id, data, base, taken, ttl, created })
    }

    pub(crate) async fn run(mut self, store: &PgStore) -> Answered {
        let mut times = Times::NONE;
        let answer = self.answer(store, &mut times).await.unwrap_or_else(Either6::E);
        Answered { call_id: self.call_id, answer, times }
    }

    /// Large futures are boxed, because the future of every call has room for the largest one.
    async fn answer(&mut self, store: &PgStore, times: &mut Times) -> Result<Answer, Failure> {
        let id = self.id.as_deref().unwrap_or_default();
        let ttl: Option<Duration> = self.ttl.map(duration);
        Ok(match self.operation {
            Operation::Setup => {
                Box::pin(store.setup()).await?;
                DONE
            }
            Operation::Get => data(store.get(id).await?, times),
            Operation::Set => {
                store.set(id, &*json(self.data.take())?, ttl).await?;
                DONE
            }
            Operation::Create => {
                Either6::B(store.create(id, &*json(self.data.take())?, ttl).await? == Created::Created)
            }
            Operation::Update => {
                let base = Session::from_parts(id, self.base.take().unwrap_or_default()).read_by_javascript();
                word(match Box::pin(store.update(&base, &*json(self.data.take())?, ttl)).await? {
                    Updated::Saved => "saved",
                    Updated::Merged => "merged",
                    Updated::Unchanged => "unchanged",
                    Updated::Gone => "gone",
                })
            }
            Operation::Touch => Either6::B(store.touch(id, ttl).await?),
            Operation::Destroy => Either6::B(store.destroy(id).await?),
            Operation::Take => data(store.take(id).await?, times),
            Operation::Rotate => word(match store.rotate(id, self.data.as_deref().unwrap_or_default()).await? {
                Rotated::Rotated => "rotated",
                Rotated::Exists => "exists",
                Rotated::Gone => "gone",
            }),
            Operation::Renew => {
                #[expect(clippy::cast_possible_truncation, reason = "it is an integer below 2^53")]
                let created = self.created.map(|created| created as i64);
                let base = Session::from_parts(id, self.base.take().unwrap_or_default()).read_by_javascript();
                let taken = self.taken.take().map(|taken| Session::from_parts(id, taken).with_created(created));
                let renewal = Renewal { base: &base, taken: taken.as_ref(), own_keys: &OWN_KEYS };
                Either6::B(Box::pin(store.renew(id, &renewal, &*json(self.data.take())?, ttl)).await?)
            }
            Operation::SessionsOf => text(entries(&store.sessions_of(id).await?)?),
            Operation::DestroySessionsOf => number(store.destroy_sessions_of(id, self.data.as_deref()).await?),
            Operation::All => text(entries(&store.all().await?)?),
            Operation::Count => number(store.count().await?),
            Operation::Clear => {
                store.clear().await?;
                DONE
            }
            Operation::Sweep => number(Box::pin(store.sweep()).await?),
            Operation::Close => {
                Box::pin(store.close()).await;
                DONE
            }
        })
    }
}

const DONE: Answer = Either6::A(Null);

#[expect(clippy::cast_precision_loss, reason = "a count of sessions stays below 2^53")]
fn number(count: u64) -> Answer {
    Either6::C(count as f64)
}

fn data(found: Option<Session>, times: &mut Times) -> Answer {
    let Some(found) = found else { return DONE };
    times.left = milliseconds(found.expires_in());
    #[expect(clippy::cast_precision_loss, reason = "exact until the year 2255")]
    let created = found.created().map_or(f64::NAN, |created| created as f64);
    times.created = created;
    text(found.json().to_owned())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn word(outcome: &str) -> Answer {
    text(outcome.to_owned())
}

fn json(data: Option<String>) -> Result<Box<RawValue>, Failure> {
    RawValue::from_string(data.unwrap_or_default())
        .map_err(|_| Failure::invalid_input("the session's data is not valid JSON; pass the result of JSON.stringify"))
}

/// Returns a JSON array with the id, the data and the milliseconds left of each session.
fn entries(sessions: &[Session]) -> Result<String, Failure> {
    let entry = |session: &Session| {
        Ok((session.id().to_owned(), session.decode::<Box<RawValue>>()?, milliseconds(session.expires_in())))
    };
    let entries = sessions.iter().map(entry).collect::<Result<Vec<_>, Error>>()?;
    serde_json::to_string(&entries).map_err(|_| Failure::invalid_input("the sessions cannot be written as JSON"))
}
