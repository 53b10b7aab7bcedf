//! One call of a verb, as JavaScript asks for it.

use std::time::Duration;

use napi::bindgen_prelude::{Either5, Null};
use napi_derive::napi;
use pg_session::{Created, Error, PgStore, Renewal, Rotated, Session, Updated};
use serde_json::value::RawValue;

use crate::answer::{Answer, Answered, Failure, Times};
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
    /// Replaces what was loaded, together with what others have changed since.
    Update,
    /// Moves the expiry.
    Touch,
    /// Deletes one.
    Destroy,
    /// The same, and its data.
    Take,
    /// Gives one a new id, which takes the data's place.
    Rotate,
    /// Stores under a new id what was made of one that was taken.
    Renew,
    /// The sessions of a subject, which takes the id's place.
    SessionsOf,
    /// Deletes them, but for an id in the data's place.
    DestroySessionsOf,
    /// All live sessions.
    All,
    /// How many live.
    Count,
    /// Deletes all.
    Clear,
    /// Deletes the expired.
    Sweep,
    /// Ends everything.
    Close,
}

impl Verb {
    /// By their numbers.
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
    while number < Verb::ALL.len() {
        assert!(Verb::ALL[number] as usize == number);
        number += 1;
    }
};

/// The keys that middlewares keep in the data for themselves; `lib/notes.js` knows them too.
const OWN_KEYS: [&str; 4] = ["cookie", "_expire", "_maxAge", "_session"];

/// A call of a verb. What a verb does not take is left out.
pub(crate) struct Call {
    pub(crate) ticket: u32,
    pub(crate) verb: Verb,
    pub(crate) id: Option<String>,
    /// JSON, but for what the verb says.
    pub(crate) data: Option<String>,
    /// JSON that an update or a renewal is against.
    pub(crate) base: Option<String>,
    /// JSON of the session that a renewal has taken; none if it was gone.
    pub(crate) taken: Option<String>,
    /// Milliseconds.
    pub(crate) ttl: Option<f64>,
    /// When the session that was taken was created, in microseconds of Unix time.
    pub(crate) created: Option<f64>,
}

impl Call {
    /// The next of a batch, as [`Store::submit`](crate::Store::submit) takes it; none if JavaScript has other verbs.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "all but the time to live are counts")]
    pub(crate) fn read(numbers: [f64; 5], texts: &mut impl Iterator<Item = String>) -> Option<Self> {
        let [ticket, verb, count, ttl, created] = numbers;
        let mut texts = texts.take(count as usize);
        let (id, data, base, taken) = (texts.next(), texts.next(), texts.next(), texts.next());
        let verb = *Verb::ALL.get(verb as usize)?;
        let [ttl, created] = [ttl, created].map(|number| (!number.is_nan()).then_some(number));
        Some(Self { ticket: ticket as u32, verb, id, data, base, taken, ttl, created })
    }

    pub(crate) async fn run(self, store: &PgStore) -> Answered {
        let (ticket, mut times) = (self.ticket, Times::NONE);
        let answer = self.answer(store, &mut times).await.unwrap_or_else(Either5::E);
        Answered { ticket, answer, times }
    }

    async fn answer(self, store: &PgStore, times: &mut Times) -> Result<Answer, Failure> {
        let id = self.id.as_deref().unwrap_or_default();
        let ttl: Option<Duration> = self.ttl.map(duration);
        Ok(match self.verb {
            Verb::Setup => {
                // Boxed, for it is seldom, and else part of every call's future.
                Box::pin(store.setup()).await?;
                DONE
            }
            Verb::Get => data(store.get(id).await?, times),
            Verb::Set => {
                store.set(id, &*json(self.data)?, ttl).await?;
                DONE
            }
            Verb::Create => Either5::B(store.create(id, &*json(self.data)?, ttl).await? == Created::Created),
            Verb::Update => {
                let base = Session::from_parts(id, self.base.unwrap_or_default()).read_by_javascript();
                word(match store.update(&base, &*json(self.data)?, ttl).await? {
                    Updated::Saved => "saved",
                    Updated::Merged => "merged",
                    Updated::Unchanged => "unchanged",
                    Updated::Gone => "gone",
                })
            }
            Verb::Touch => Either5::B(store.touch(id, ttl).await?),
            Verb::Destroy => Either5::B(store.destroy(id).await?),
            Verb::Take => data(store.take(id).await?, times),
            Verb::Rotate => word(match store.rotate(id, &self.data.unwrap_or_default()).await? {
                Rotated::Rotated => "rotated",
                Rotated::Exists => "exists",
                Rotated::Gone => "gone",
            }),
            Verb::Renew => {
                #[expect(clippy::cast_possible_truncation, reason = "it was an integer, of less than 2^53")]
                let created = self.created.map(|created| created as i64);
                let base = Session::from_parts(id, self.base.unwrap_or_default()).read_by_javascript();
                let taken = self.taken.map(|taken| Session::from_parts(id, taken).with_created(created));
                let renewal = Renewal { base: &base, taken: taken.as_ref(), own_keys: &OWN_KEYS };
                Either5::B(store.renew(id, &renewal, &*json(self.data)?, ttl).await?)
            }
            Verb::SessionsOf => Either5::D(entries(&store.sessions_of(id).await?)?),
            Verb::DestroySessionsOf => number(store.destroy_sessions_of(id, self.data.as_deref()).await?),
            Verb::All => Either5::D(entries(&store.all().await?)?),
            Verb::Count => number(store.count().await?),
            Verb::Clear => {
                store.clear().await?;
                DONE
            }
            Verb::Sweep => number(store.sweep().await?),
            Verb::Close => {
                store.close().await;
                DONE
            }
        })
    }
}

const DONE: Answer = Either5::A(Null);

#[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 sessions")]
fn number(count: u64) -> Answer {
    Either5::C(count as f64)
}

fn data(found: Option<Session>, times: &mut Times) -> Answer {
    let Some(found) = found else { return DONE };
    times.left = milliseconds(found.expires_in());
    #[expect(clippy::cast_precision_loss, reason = "exact until the year 2255")]
    let created = found.created().map_or(f64::NAN, |created| created as f64);
    times.created = created;
    Either5::D(found.json().to_owned())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn word(outcome: &str) -> Answer {
    Either5::D(outcome.to_owned())
}

fn json(data: Option<String>) -> Result<Box<RawValue>, Failure> {
    RawValue::from_string(data.unwrap_or_default())
        .map_err(|_| Failure::invalid_input("the session's data is no JSON: give what JSON.stringify answers"))
}

/// As JSON: a list of an id, its data and the milliseconds left, each.
fn entries(sessions: &[Session]) -> Result<String, Failure> {
    let entry = |session: &Session| {
        Ok((session.id().to_owned(), session.decode::<Box<RawValue>>()?, milliseconds(session.expires_in())))
    };
    let entries = sessions.iter().map(entry).collect::<Result<Vec<_>, Error>>()?;
    serde_json::to_string(&entries).map_err(|_| Failure::invalid_input("the sessions are no JSON"))
}
