//! A table that a stranger made beforehand is refused: its code would run with the privileges of the store's role.

use pg_session::{ErrorKind, PgStore};
use pg_session_testkit::Database;

use crate::setup::role;
use crate::via::{Fixture, MINUTE, contract};

const TABLE: &str = "CREATE TABLE public.session (id text PRIMARY KEY, expiry timestamptz, session json)";

fn mallory(database: &Database) -> String {
    format!("mallory_{}", database.name())
}

/// Creates the role of a stranger, and runs SQL in which `{mallory}` is its name.
async fn prepare(database: &Database, sql: &str) {
    let mallory = mallory(database);
    let sql = format!("CREATE ROLE {mallory} LOGIN; {}", sql.replace("{mallory}", &mallory));
    database.client().await.batch_execute(&sql).await.unwrap();
}

async fn assert_refused(fixture: &Fixture, what: &str) {
    let error = fixture.builder().build().unwrap().setup().await.unwrap_err();
    assert_eq!((error.kind(), error.option()), (ErrorKind::Setup, Some("trust_table_owner")), "{error}");
    let mallory = mallory(&fixture.database);
    assert!(error.to_string().starts_with(what) && error.to_string().contains(&format!("\"{mallory}\"")), "{error}");
    assert!(fixture.builder().build().unwrap().set("a", &1, MINUTE).await.is_err());
    let trusting = fixture.set_up(fixture.builder().trust_table_owner(true)).await;
    trusting.set("a", &1, MINUTE).await.unwrap();
}

contract! {
    async fn a_table_of_a_stranger_is_refused(fixture: Fixture) {
        prepare(&fixture.database, &format!("{TABLE}; ALTER TABLE public.session OWNER TO {{mallory}}")).await;
        assert_refused(&fixture, "the table \"public\".\"session\" belongs to the role").await;
    }

    async fn a_partition_of_a_stranger_is_refused(fixture: Fixture) {
        let sql = "CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session json) PARTITION BY HASH (id); \
                   CREATE TABLE part PARTITION OF session FOR VALUES WITH (MODULUS 1, REMAINDER 0) PARTITION BY HASH (id); \
                   CREATE TABLE leaf PARTITION OF part FOR VALUES WITH (MODULUS 1, REMAINDER 0); \
                   ALTER TABLE leaf OWNER TO {mallory}";
        prepare(&fixture.database, sql).await;
        assert_refused(&fixture, "the partition \"leaf\" of the table").await;
    }

    async fn a_trigger_of_a_stranger_is_refused(fixture: Fixture) {
        let sql = format!(
            "{TABLE}; CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; \
             ALTER FUNCTION spy() OWNER TO {{mallory}}; \
             CREATE TRIGGER watch BEFORE INSERT ON session FOR EACH ROW EXECUTE FUNCTION spy()"
        );
        prepare(&fixture.database, &sql).await;
        assert_refused(&fixture, "a function of the trigger \"watch\"").await;
    }

    async fn a_function_of_a_stranger_that_a_statement_runs_is_refused(fixture: Fixture) {
        prepare(
            &fixture.database,
            "CREATE FUNCTION spy(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'x' $$; \
             ALTER FUNCTION spy OWNER TO {mallory}",
        ).await;
        for (sql, what) in [
            ("ALTER TABLE session ADD note text DEFAULT spy('')", "a function in the default of the column \"note\" of"),
            ("ALTER TABLE session ADD note text GENERATED ALWAYS AS (spy(id)) STORED", "a function in the default of the column"),
            ("ALTER TABLE session ADD CONSTRAINT watch CHECK (spy(id) = 'x')", "a function of the constraint \"watch\" on"),
            ("CREATE INDEX watch ON session (spy(id))", "a function of the index \"watch\""),
            ("CREATE INDEX watch ON session (id) WHERE spy(id) = 'x'", "a function of the index \"watch\""),
            ("CREATE RULE watch AS ON DELETE TO session DO ALSO SELECT spy(OLD.id)", "a function of the rule \"watch\""),
            ("CREATE POLICY watch ON session USING (spy(id) = 'x')", "a function of the policy \"watch\""),
            (
                "CREATE TRIGGER watch BEFORE UPDATE ON session FOR EACH ROW WHEN (spy(NEW.id) = 'x') \
                 EXECUTE FUNCTION suppress_redundant_updates_trigger()",
                "a function of the trigger \"watch\"",
            ),
        ] {
            fixture.sql(&format!("DROP TABLE IF EXISTS session; {TABLE}; {sql}")).await;
            assert_refused(&fixture, what).await;
        }
    }
}

/// Returns whether a role accepts the table after this SQL, in which `{role}` is its name.
async fn accepts(sql: &str) -> bool {
    let database = Database::new();
    prepare(&database, "SELECT").await;
    let grants = "GRANT SELECT, INSERT, UPDATE, DELETE ON public.session TO {role}";
    let other = Database::new();
    let sql = sql
        .replace("{mallory}", &mallory(&database))
        .replace("{database}", database.name())
        .replace("{other}", other.name());
    let url = role(&database, &format!("{TABLE}; {grants}; {sql}")).await;
    let outcome = PgStore::new(url).unwrap().setup().await;
    if let Err(error) = &outcome {
        assert_eq!(error.option(), Some("trust_table_owner"), "{sql}: {error}");
    }
    outcome.is_ok()
}

#[tokio::test]
async fn an_owner_with_a_claim_to_trust_is_accepted() {
    for sql in [
        // A superuser.
        "SELECT",
        "CREATE ROLE boss_{database} SUPERUSER; ALTER TABLE session OWNER TO boss_{database}",
        "ALTER TABLE session OWNER TO {role}",
        "ALTER TABLE session OWNER TO {mallory}; GRANT {mallory} TO {role}",
        "CREATE ROLE between_{database}; GRANT {mallory} TO between_{database}; GRANT between_{database} TO {role}; \
         ALTER TABLE session OWNER TO {mallory}",
        "ALTER DATABASE {database} OWNER TO {mallory}; ALTER TABLE session OWNER TO {mallory}",
        "ALTER TABLE session OWNER TO pg_database_owner",
    ] {
        assert!(accepts(sql).await, "{sql}");
    }
    for sql in [
        "ALTER TABLE session OWNER TO {mallory}",
        // Membership counts in one direction only.
        "ALTER TABLE session OWNER TO {mallory}; GRANT {role} TO {mallory}",
        "ALTER TABLE session OWNER TO {mallory}; ALTER SCHEMA public OWNER TO {mallory}",
        "ALTER TABLE session OWNER TO {mallory}; ALTER DATABASE {other} OWNER TO {mallory}",
    ] {
        assert!(!accepts(sql).await, "{sql}");
    }
}
