//! The application's client as a backend: it needs no second pool.

#[cfg(feature = "deadpool")]
mod deadpool;
#[cfg(feature = "sqlx")]
mod sqlx;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;

use super::budget::{Budget, KeyedBudget};
use super::command::{Command, Rejected, Reply, Value};
use crate::backend::options::BackendOptions;
use crate::error::{Error, Result};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The class of errors of a connection (SQLSTATE).
const CONNECTION_EXCEPTION: &str = "08";

/// The rows of a result: each column as text, `None` if it is null.
pub type Rows = Vec<Vec<Option<String>>>;

/// A client or pool of the application, for [`PgStore::builder`](crate::PgStore::builder).
///
/// Implemented for `deadpool_postgres::Pool` (feature `deadpool`) and `sqlx::PgPool` (feature `sqlx`).
///
/// ```
/// use pg_session::{Client, Error, Result, Rows};
///
/// struct Mine(std::sync::Arc<tokio_postgres::Client>);
///
/// impl Client for Mine {
///     async fn query(&self, sql: &str, params: &[String]) -> Result<Rows> {
///         let params: Vec<_> = params.iter().map(|p| p as &(dyn tokio_postgres::types::ToSql + Sync)).collect();
///         let rows = self.0.query(sql, &params).await.map_err(|error| match error.as_db_error() {
///             Some(answer) => Error::refused(answer.code().code(), answer.message()),
///             None => Error::connection_lost(error),
///         })?;
///         Ok(rows.iter().map(|row| (0..row.len()).map(|column| row.get(column)).collect()).collect())
///     }
/// }
/// ```
pub trait Client: Send + Sync + 'static {
    /// Runs one statement in a transaction of its own, and returns its rows.
    ///
    /// Every parameter is text (`$1::text` in the SQL). Every column of the result is text, and has a name of its own. A
    /// statement with parameters returns at least one row, and each row begins with the first parameter; the store checks
    /// that, and rejects any other answer. Prepare the statements if you can: they are few, and repeated often. Dropping
    /// the future may cancel the statement, but need not.
    ///
    /// # Errors
    /// [`Error::refused`](crate::Error::refused) if PostgreSQL answered with an error. Otherwise
    /// [`Error::unreachable`](crate::Error::unreachable) before the statement was sent, and
    /// [`Error::connection_lost`](crate::Error::connection_lost) afterwards.
    fn query(&self, sql: &str, params: &[String]) -> impl Future<Output = Result<Rows>> + Send;
}

pub(crate) struct ExternalClient {
    client: Box<dyn AnyClient>,
    /// The longest that one call may take.
    timeout: Duration,
    budget: KeyedBudget,
    calls: TaskTracker,
}

impl ExternalClient {
    pub(super) fn new(client: Box<dyn AnyClient>, options: &BackendOptions) -> Self {
        let budget = KeyedBudget::new(Budget::new(options.max_waiting_bytes));
        Self { client, timeout: options.timeout, budget, calls: TaskTracker::new() }
    }

    pub(super) async fn submit(&self, command: Command, deadline: Instant) -> Result<Reply, Rejected> {
        let _call = self.calls.token();
        if self.calls.is_closed() {
            return Err(Error::closed().into());
        }
        if let Err(error) = Handle::try_current() {
            return Err(Error::no_runtime(error).into());
        }
        let _permit = self.budget.take(command.key(), command.size())?;
        let params: Vec<String> = command.params.into_iter().map(text).collect();
        let query = self.client.query(&command.statement.sql, &params);
        let rows = timeout_at(deadline, query).await.unwrap_or_else(|_| Err(Error::no_answer_within(self.timeout)));
        match rows {
            Ok(rows) => Ok(reply(rows, params.first())?),
            // A pooler sends these when it has lost its server: the statement may have run.
            Err(error) if error.sqlstate().is_some_and(|state| state.starts_with(CONNECTION_EXCEPTION)) => {
                Err(Error::connection_lost(error).into())
            }
            Err(error) => Err(Rejected::of(error, || params.into_iter().map(Value::Text).collect())),
        }
    }

    pub(super) fn budget(&self) -> &KeyedBudget {
        &self.budget
    }

    /// Waits for the calls in flight. Closing the client is up to the application.
    pub(super) async fn close(&self) {
        self.calls.close();
        self.calls.wait().await;
    }
}

/// A [`Client`] of any type.
pub(super) trait AnyClient: Send + Sync {
    fn query<'a>(&'a self, sql: &'a str, params: &'a [String]) -> BoxFuture<'a, Result<Rows>>;
}

impl<C: Client> AnyClient for C {
    fn query<'a>(&'a self, sql: &'a str, params: &'a [String]) -> BoxFuture<'a, Result<Rows>> {
        Box::pin(Client::query(self, sql, params))
    }
}

/// Checks that each row begins with the key, and removes it.
fn reply(rows: Rows, key: Option<&String>) -> Result<Reply> {
    let Some(key) = key else { return Ok(Reply::default()) };
    if rows.is_empty() {
        return Err(Error::unexpected_reply("an answer has no rows"));
    }
    let mut reply = Reply::default();
    for row in rows {
        let mut columns = row.into_iter();
        if columns.next().flatten().as_ref() != Some(key) {
            return Err(Error::unexpected_reply("a row does not begin with the first parameter"));
        }
        reply.push(columns.map(|column| column.map_or(Value::Null, Value::Text)).collect());
    }
    Ok(reply)
}

fn text(param: Value) -> String {
    match param {
        Value::Text(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Null => String::new(),
    }
}
