//! Fills in the SQL templates for a table.

use super::columns::Columns;
use super::names::{CREATED, Table};
use super::qualify::qualify;
use super::sql::{fill, identifier, literal, sql};
use crate::backend::Statement;
use crate::session::whole_ms;

/// The first half of the advisory lock's key; the second is the table's oid.
const SWEEP_LOCK: i32 = 0x7067_7373;

/// A statement that creates something.
pub(crate) struct Ddl {
    pub(crate) statement: Statement,
    /// The statement as a person would write it.
    pub(crate) text: String,
    /// Its object, such as `table "public"."session"`.
    pub(crate) creates: String,
}

impl Table {
    pub(crate) fn introspect(&self) -> Statement {
        let statement = self.statement("introspect", sql!("introspect"), &Columns::default());
        Statement { no_wal_flush: true, reads_only: true, ..statement }
    }

    pub(crate) fn create_schema(&self) -> Ddl {
        self.ddl("create_schema", sql!("create_schema"), format!("schema {}", identifier(&self.schema)))
    }

    pub(crate) fn create_table(&self) -> Ddl {
        self.ddl("create_table", sql!("create_table"), format!("table {}", self.quoted()))
    }

    /// Returns `None` without the option subject, which this index serves.
    pub(crate) fn create_subject_index(&self) -> Option<Ddl> {
        let creates = || format!("an index for the option subject on the table {}", self.quoted());
        self.subject.is_some().then(|| self.ddl("create_subject_index", sql!("create_subject_index"), creates()))
    }

    fn ddl(&self, name: &'static str, template: &str, creates: String) -> Ddl {
        let columns = Columns::default();
        let text = self.filled(&template.replace("pg_catalog.", ""), &columns);
        Ddl { statement: self.statement(name, template, &columns), text, creates }
    }

    /// Returns the statement for this table, independent of the `search_path`.
    ///
    /// The flags are those of most statements: it writes, waits for the disk, and is idempotent.
    pub(super) fn statement(&self, name: &'static str, template: &str, columns: &Columns) -> Statement {
        let sql = qualify(&self.filled(template, columns));
        Statement { name, sql, native: None, many: None, no_wal_flush: false, reads_only: false, idempotent: true }
    }

    /// Returns the template with its placeholders replaced.
    fn filled(&self, template: &str, columns: &Columns) -> String {
        let regclass = format!("{}::regclass", literal(&self.quoted()));
        let zone = columns.zone.as_deref().map(|z| format!(" AT TIME ZONE {}", literal(z))).unwrap_or_default();
        let created = identifier(CREATED);
        let fits = columns.fits(self);
        let expires = self.expires(&zone, &fits);
        let with_age = |sql: String| self.max_age.map_or(String::new(), |_| sql);
        fill(template, |placeholder| {
            Some(match placeholder {
                "schema" => identifier(&self.schema),
                "table" => self.quoted(),
                "id" => identifier(&self.id),
                "expiry" => identifier(&self.expiry),
                "data" => identifier(&self.data),
                "json" => columns.json.to_owned(),
                "zone" => zone.clone(),
                "expires" => expires.clone(),
                "fits" => fits.clone(),
                // Two conditions that are always true. The first lets the transaction commit asynchronously. Where the
                // second is evaluated for a row, the commit waits for the disk after all.
                "async_commit" => "(SELECT set_config('synchronous_commit', 'off', true)) = 'off'".to_owned(),
                "sync_commit" => "(SELECT set_config(p.name, p.reset_val, true) FROM pg_catalog.pg_settings AS p \
                              WHERE p.name = 'synchronous_commit') IS NOT NULL"
                    .to_owned(),
                // Only a live session keeps its age.
                "created_on_conflict" => with_age(format!(
                    ", {created} = CASE WHEN {expires} > statement_timestamp() THEN s.{created} ELSE excluded.{created} END"
                )),
                "created" => created.clone(),
                "created_column" => with_age(format!(",\n    {created} pg_catalog.timestamptz NOT NULL DEFAULT now()")),
                "created_us" => match self.max_age {
                    Some(_) => format!("(date_part('epoch', s.{created}) * 1000000)::int8::text"),
                    None => "NULL::text".to_owned(),
                },
                "sweep_lock" => format!("{SWEEP_LOCK}, {regclass}::oid::int4"),
                "regclass" => regclass.clone(),
                "subject_path" => format!("{}::text[]", literal(&self.subject.as_ref()?.array())),
                "subject_index" => identifier(&format!("{}_{}_idx", self.name, self.subject.as_ref()?.path())),
                _ => return None,
            })
        })
    }

    /// Returns the SQL for the end of a session, a `timestamptz`: its expiry, or the limit of its age if that is earlier. The
    /// planner reduces the CASE with `fits` to the expiry.
    fn expires(&self, zone: &str, fits: &str) -> String {
        let expiry = format!("CASE WHEN {fits} THEN s.{}{zone} END", identifier(&self.expiry));
        let Some(age) = self.max_age.map(whole_ms) else { return expiry };
        let age_limit = format!("(s.{} + ({age} * interval '1 millisecond'))", identifier(CREATED));
        // Not least(), which ignores NULL: a session whose expiry is NULL is not alive.
        format!("CASE WHEN {age_limit} < {expiry} THEN {age_limit} ELSE {expiry} END")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_in_a_name_are_not_placeholders() {
        let table = Table { schema: "{table}".into(), name: r#"{id}"{"#.into(), ..Table::default() };
        let sql = table.create_table().text;
        assert!(sql.starts_with(r#"CREATE TABLE IF NOT EXISTS "{table}"."{id}""{" ("#), "{sql}");
        assert!(sql.contains(r#""id" text COLLATE "C" PRIMARY KEY"#), "{sql}");
    }

    #[test]
    fn a_dollar_sign_only_begins_a_parameter() {
        let sql = Table::default().introspect().sql;
        for after in sql.split('$').skip(1) {
            assert!(after.starts_with(|char: char| char.is_ascii_digit()), "{after}");
        }
    }

    #[test]
    fn placeholders_are_replaced_and_comments_removed() {
        let columns = Columns { json: "json", zone: Some("It's\\Here".into()) };
        let statement = Table::default().statement("get", sql!("get"), &columns);
        assert!(!statement.sql.contains(['{', '}']) && !statement.sql.contains("--"), "{}", statement.sql);
        assert!(
            statement.sql.contains(r" AT TIME ZONE E'It''s\\Here' END OPERATOR(pg_catalog.>) "),
            "{}",
            statement.sql
        );
    }
}
