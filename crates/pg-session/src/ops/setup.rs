use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant as StdInstant;

use tokio::time::Instant;
use tracing::{info, warn};

use crate::backend::Params;
use crate::core::{Core, FinishedSetup, half_until, until};
use crate::error::{Error, ErrorKind, Result};
use crate::subject::Subject;
use crate::table::{Ddl, FoundTable, Introspection, Statements};

/// A table is missing (SQLSTATE).
const UNDEFINED_TABLE: &str = "42P01";

/// Finds or creates the table, for the application.
pub(crate) async fn setup(core: &Core) -> Result<()> {
    set_up(core, By::Application, core.deadline()).await.map(drop)
}

/// Returns the statements, after setting up the table if necessary. Waits for a setup that is running.
pub(super) async fn ready(core: &Core, deadline: Instant) -> Result<Arc<Statements>> {
    match core.statements() {
        Some(statements) => Ok(statements),
        // Boxed: it is rare, and would enlarge every call's future.
        None => Box::pin(set_up(core, By::Operation, deadline)).await,
    }
}

/// The caller of a setup.
#[derive(Clone, Copy, Eq, PartialEq)]
enum By {
    /// The application, which called `setup()`.
    Application,
    /// An operation without statements.
    Operation,
}

async fn set_up(core: &Core, by: By, deadline: Instant) -> Result<Arc<Statements>> {
    let asked = StdInstant::now();
    // The setup that runs may be on a runtime that stands still. Several at once are safe.
    let mut last = until(half_until(deadline), core.setup.last.lock()).await;
    if let (By::Operation, Some(statements)) = (by, core.statements()) {
        return Ok(statements);
    }
    let may_create = core.options.create && (by == By::Application || !core.setup.was_found.load(Ordering::Relaxed));
    // A setup that began before this call may have seen an older table.
    if let Some(last) = last.as_ref().and_then(|last| last.as_ref()).filter(|last| last.began > asked)
        && (last.outcome.is_ok() || last.could_create == may_create)
    {
        return last.outcome.clone();
    }
    let began = StdInstant::now();
    let outcome = find_or_create(core, may_create, deadline).await.map(Arc::new);
    if let Ok(statements) = &outcome {
        core.setup.was_found.store(true, Ordering::Relaxed);
        core.set_statements(Arc::clone(statements));
    }
    if let Some(last) = &mut last {
        **last = Some(FinishedSetup { began, could_create: may_create, outcome: outcome.clone() });
    }
    outcome
}

/// Introspects before and after it creates the table, because another process may have been faster.
async fn find_or_create(core: &Core, may_create: bool, deadline: Instant) -> Result<Statements> {
    let table = &core.options.table;
    let mut found = introspect(core, deadline).await?;
    let is_new = found.table.is_none() && may_create;
    if is_new {
        let schema = (!found.schema_exists).then(|| table.create_schema());
        for ddl in schema.into_iter().chain([table.create_table()]) {
            create(core, ddl, deadline).await?;
        }
        found = introspect(core, deadline).await?;
    }
    let Some(there) = &found.table else { return Err(missing(core)) };
    let statements = Statements::new(table, &found, there)?;
    if let Some(schema) = found.elsewhere.as_ref().filter(|_| is_new || there.is_empty) {
        warn!(
            "the table {} is empty, but the search_path of the role also has the schema \"{schema}\" with a table of that name: \
             if the sessions are there, set the option `schema` to \"{schema}\"",
            table.quoted()
        );
    }
    if let Some(index) = table.create_subject_index().filter(|_| !there.has_subject_index) {
        create_index(core, there, may_create, index, deadline).await?;
    }
    Ok(statements)
}

fn missing(core: &Core) -> Error {
    let table = core.options.table.quoted();
    let message = if core.setup.was_found.load(Ordering::Relaxed) {
        format!(
            "the table {table} has disappeared: restore it or its name, and calls succeed again, or call setup() to create \
             an empty one, which logs everybody out"
        )
    } else {
        let ddl = core.options.table.create_table().text;
        format!("the table {table} does not exist, and the option create is false; create it, for example by:\n{ddl}")
    };
    Error::setup(message).with_sqlstate(UNDEFINED_TABLE)
}

async fn introspect(core: &Core, deadline: Instant) -> Result<Introspection> {
    let table = &core.options.table;
    let statement = Arc::new(table.introspect());
    let subject = table.subject.as_ref().map_or_else(|| "{}".to_owned(), Subject::array);
    let params: Params = [&table.schema, &table.name, &table.id, &table.expiry, &table.data, &subject]
        .into_iter()
        .map(|name| name.as_str().into())
        .collect();
    let reply = core.submit(&statement, params, deadline).await?;
    let json = reply.value(0).ok_or_else(|| Error::unexpected_reply("introspect returned nothing"))?;
    serde_json::from_str(json)
        .map_err(|error| Error::unexpected_reply("introspect returned unexpected JSON").caused_by(error))
}

async fn create(core: &Core, ddl: Ddl, deadline: Instant) -> Result<()> {
    let Ddl { statement, text, creates } = ddl;
    let statement = Arc::new(statement);
    match core.submit(&statement, Params::new(), deadline).await.map_err(Error::from) {
        Ok(_) => {
            info!("created {creates}");
            core.setup.add_created(creates);
            Ok(())
        }
        // IF NOT EXISTS does not cover concurrent statements: the slower one fails with these.
        Err(error) if matches!(error.sqlstate(), Some("23505" | "42710" | "42P06" | "42P07")) => Ok(()),
        Err(error) if error.kind() == ErrorKind::Setup => Err(error.context(&format!(
            "the table {} does not exist, and creating it failed; let its owner run:\n{text}\n",
            core.options.table.quoted(),
        ))),
        Err(error) => Err(error),
    }
}

/// Creates the index only in an empty table: in a full one it would block writes. Everything works without it.
async fn create_index(core: &Core, table: &FoundTable, may_create: bool, ddl: Ddl, deadline: Instant) -> Result<()> {
    let sql = ddl.text.clone();
    if may_create && table.is_empty {
        match create(core, ddl, deadline).await {
            Err(error) if error.kind() == ErrorKind::Setup => {}
            done => return done,
        }
    }
    let sql = if table.is_partitioned() { sql } else { sql.replacen("INDEX", "INDEX CONCURRENTLY", 1) };
    warn!("no index serves the option subject: its operations read the whole table; let the table's owner run: {sql}");
    Ok(())
}
