//! One connection, and the statements prepared on it.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::BytesMut;
use futures_util::TryStreamExt;
use futures_util::future::join_all;
use tokio::task::JoinHandle;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Row};

use super::batch::Group;
use crate::backend::{Command, Statement, from_tokio_postgres};
use crate::error::Result;

/// So many statements are on their way at once.
const PIPELINED: usize = 16;

pub(super) struct Connection {
    client: Client,
    task: JoinHandle<()>,
    /// None where statements go unnamed, for a pooler may lead each to another server process.
    prepared: Option<Mutex<Vec<Prepared>>>,
}

struct Prepared {
    /// Held, so that no other statement comes to its address.
    statement: Arc<Statement>,
    many: bool,
    on_server: tokio_postgres::Statement,
}

impl Connection {
    pub(super) fn new((client, task): (Client, JoinHandle<()>), prepare: bool) -> Self {
        Self { client, task, prepared: prepare.then(Mutex::default) }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Waits until the last answer is in, and the connection is closed.
    pub(super) async fn close(self) {
        drop(self.client);
        // An error of its own has been logged there.
        let _ = self.task.await;
    }

    /// Sends each group as one statement, in their order, and answers what came of each.
    pub(super) async fn run<C: AsRef<Command>>(&self, groups: Vec<Group<C>>) -> Vec<(Group<C>, Result<Vec<Row>>)> {
        let mut outcomes = Vec::with_capacity(groups.len());
        let mut groups = groups.into_iter().peekable();
        while groups.peek().is_some() {
            let mut sending = Vec::new();
            for mut group in groups.by_ref().take(PIPELINED) {
                group.sort();
                // All are prepared before the first is sent, so that none overtakes another.
                let prepared = self.prepare(&group.statement, group.members.len() > 1).await;
                sending.push(async {
                    let rows = match prepared {
                        Ok(prepared) => self.query(&group, prepared).await,
                        Err(error) => Err(error),
                    };
                    (group, rows.map_err(from_tokio_postgres))
                });
            }
            outcomes.extend(join_all(sending).await);
        }
        outcomes
    }

    async fn query<C: AsRef<Command>>(
        &self,
        group: &Group<C>,
        prepared: Option<tokio_postgres::Statement>,
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        let many = group.members.len() > 1;
        let width = group.members.first().map_or(0, |member| member.as_ref().params.len());
        let params = (0..width).map(|column| {
            let mut values = group.distinct().map(|command| command.params[column].as_str());
            if many { Param::Many(values.collect()) } else { Param::One(values.next().unwrap_or_default()) }
        });
        let rows = match prepared {
            Some(statement) => self.client.query_raw(&statement, params).await?,
            None => {
                let typed = params.map(|param| (param, type_of(many)));
                self.client.query_typed_raw(sql(&group.statement, many), typed).await?
            }
        };
        rows.try_collect().await
    }

    /// The statement on the server. None where it goes unnamed, as what is sent once does too.
    async fn prepare(
        &self,
        statement: &Arc<Statement>,
        many: bool,
    ) -> Result<Option<tokio_postgres::Statement>, tokio_postgres::Error> {
        let Some(prepared) = self.prepared.as_ref().filter(|_| statement.many.is_some()) else { return Ok(None) };
        let is_it = |prepared: &&Prepared| prepared.many == many && Arc::ptr_eq(&prepared.statement, statement);
        if let Some(found) = lock(prepared).iter().find(is_it) {
            return Ok(Some(found.on_server.clone()));
        }
        let on_server = self.client.prepare(sql(statement, many)).await?;
        lock(prepared).push(Prepared { statement: Arc::clone(statement), many, on_server: on_server.clone() });
        Ok(Some(on_server))
    }
}

fn lock(prepared: &Mutex<Vec<Prepared>>) -> MutexGuard<'_, Vec<Prepared>> {
    prepared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn sql(statement: &Statement, many: bool) -> &str {
    statement.many.as_ref().filter(|_| many).map_or(&statement.sql, |many| &many.sql)
}

fn type_of(many: bool) -> Type {
    if many { Type::TEXT_ARRAY } else { Type::TEXT }
}

/// A parameter of one command, or of many.
enum Param<'a> {
    One(&'a str),
    Many(Vec<&'a str>),
}

impl ToSql for Param<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Self::One(value) => value.to_sql(ty, out),
            Self::Many(values) => values.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::TEXT | Type::TEXT_ARRAY)
    }

    to_sql_checked!();
}

/// Shows no value: tokio-postgres logs the parameters of what it executes.
impl fmt::Debug for Param<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}
