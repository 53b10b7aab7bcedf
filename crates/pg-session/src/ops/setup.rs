use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tokio::sync::Mutex;
use tracing::warn;

use crate::backend::{Params, Statement};
use crate::core::Core;
use crate::error::{Error, ErrorKind, Result};
use crate::subject::Subject;
use crate::table::{FoundTable, Look, Statements};

#[derive(Default)]
pub(crate) struct SetupState {
    asked: AtomicBool,
    /// Held while setup runs. Who waits for it takes over its outcome, and does not try in turn.
    last: Mutex<Option<(Instant, Result<()>)>>,
}

pub(crate) async fn setup(core: &Core) -> Result<()> {
    let asked = Instant::now();
    core.setup.asked.store(true, Ordering::Relaxed);
    let mut last = core.setup.last.lock().await;
    if let Some((ended, outcome)) = &*last
        && *ended > asked
    {
        return outcome.clone();
    }
    let outcome = find_or_create(core).await.map(|statements| core.set_statements(Some(statements)));
    *last = Some((Instant::now(), outcome.clone()));
    outcome
}

/// The statements, after the setup that is under way, or after another try where the last one failed.
pub(super) async fn ready(core: &Core) -> Result<Arc<Statements>> {
    if let Some(statements) = core.statements() {
        return Ok(statements);
    }
    if !core.setup.asked.load(Ordering::Relaxed) {
        return Err(Error::setup("setup() was never called; await it once, when the application starts"));
    }
    // Boxed, for it is seldom, and else part of every call's future.
    Box::pin(setup(core)).await?;
    core.statements().ok_or_else(|| Error::setup("the table changed while it was looked at; try again").retryable())
}

/// Looks before it creates, and again when somebody else was faster.
async fn find_or_create(core: &Core) -> Result<Statements> {
    let table = &core.options.table;
    let mut found = look(core).await?;
    if found.table.is_none() && core.options.create {
        let schema = (!found.schema_exists).then(|| table.create_schema());
        for statement in schema.into_iter().chain([table.create_table()]) {
            create(core, statement).await?;
        }
        found = look(core).await?;
    }
    match &found.table {
        Some(there) => {
            let statements = found.statements(table, there)?;
            if let Some(index) = table.create_subject_index().filter(|_| !there.has_subject_index) {
                create_index(core, there, index).await?;
            }
            Ok(statements)
        }
        None => Err(Error::setup(format!(
            "there is no table {}, and create is false; create it, for example by:\n{}",
            table.quoted(),
            table.create_table().sql
        ))),
    }
}

async fn look(core: &Core) -> Result<Look> {
    let statement = Arc::new(Statement {
        name: "look",
        sql: include_str!("../../sql/look.sql").into(),
        many: None,
        is_quick: true,
        repeatable: true,
    });
    let table = &core.options.table;
    let subject = table.subject.as_ref().map_or_else(|| "{}".to_owned(), Subject::array);
    let names = [&table.schema, &table.name, &table.data, &subject];
    let reply = core.submit(&statement, names.into_iter().map(|name| name.as_str().into()).collect()).await?;
    let json = reply.value(0).ok_or_else(|| Error::unexpected_reply("look answered nothing"))?;
    serde_json::from_str(json).map_err(|error| Error::unexpected_reply("look answered no such JSON").caused_by(error))
}

async fn create(core: &Core, statement: Statement) -> Result<()> {
    let statement = Arc::new(statement);
    match core.submit(&statement, Params::new()).await {
        Ok(_) => Ok(()),
        // IF NOT EXISTS does not cover two at once: the slower one meets these.
        Err(error) if matches!(error.sqlstate(), Some("23505" | "42710" | "42P06" | "42P07")) => Ok(()),
        Err(error) if error.kind() == ErrorKind::Setup => Err(error.context(&format!(
            "there is no table {}, and creating it failed; let its owner run:\n{}\n",
            core.options.table.quoted(),
            statement.sql
        ))),
        Err(error) => Err(error),
    }
}

/// In an empty table only: in a full one nobody could write meanwhile. Where it may not be, all works without.
async fn create_index(core: &Core, table: &FoundTable, statement: Statement) -> Result<()> {
    let sql = statement.sql.clone();
    if core.options.create && table.is_empty {
        match create(core, statement).await {
            Err(error) if error.kind() == ErrorKind::Setup => {}
            done => return done,
        }
    }
    let sql = if table.is_partitioned() { sql } else { sql.replacen("INDEX", "INDEX CONCURRENTLY", 1) };
    warn!("no index serves the option subject, so that whole tables are read; let the table's owner run: {sql}");
    Ok(())
}
