//! Connection strings as people have them: pasted, printed by a hosting service, or written for another client.

use pg_session::{ErrorKind, PgStore};
use pg_session_testkit::{Database, Server};

use super::{assert_error, failure, observe};
use crate::via::{Fixture, Via};

#[tokio::test]
async fn strings_for_other_clients_connect() {
    let database = Database::new();
    let server = Server::shared();
    let (user, password, port, name) = (server.user(), server.password(), server.port(), database.name());
    let rest = format!("{user}:{password}@127.0.0.1:{port}/{name}");
    let (folder, here) = (server.socket_dir().display(), format!("datname = '{name}'"));
    for (number, text) in [
        format!("postgres://{rest}?application_name={{}}\n"),
        format!("  postgresql://{rest}?application_name={{}}\r\n"),
        format!("\"postgres://{rest}?application_name={{}}\"\n"),
        format!("psql 'postgres://{rest}?application_name={{}}'"),
        format!("postgis://{rest}?application_name={{}}"),
        format!("postgresql+asyncpg://{rest}?application_name={{}}"),
        format!("jdbc:postgresql://127.0.0.1:{port}/{name}?user={user}&password={password}&ApplicationName={{}}&prepareThreshold=0"),
        format!("postgres://{rest}?pgbouncer=true&connection_limit=1&pool_timeout=10&schema=app&application_name={{}}"),
        format!("postgres://{rest}?supa=base-pooler.x&sslmode=disable&application_name={{}}"),
        format!("postgres://{rest}?uselibpqcompat=true&sslmode=prefer&application_name={{}}"),
        format!("postgres://{rest}?ssl=false&statement_cache_size=0&fallback_application_name={{}}"),
        format!("postgres://{rest}?ssl-mode=disable&statement-cache-capacity=9&application_name={{}}"),
        format!("socket:{folder}?port={port}&db={name}&user={user}&password={password}&application_name={{}}"),
        format!("user={user} password={password} host=127.0.0.1 port={port} database={name} application_name={{}}"),
    ]
    .into_iter()
    .enumerate()
    {
        let application = format!("string-{number}");
        let text = text.replace("{}", &application);
        assert_eq!(observe(server, &text, &application, &here).await.unwrap(), "true", "{number}");
    }
}

#[tokio::test]
async fn passwords_need_no_encoding_where_they_are_unambiguous() {
    let database = Database::new();
    let (client, port, name) = (database.client().await, Server::shared().port(), database.name());
    let role = format!("special_{name}");
    client.batch_execute(&format!("CREATE ROLE {role} SUPERUSER LOGIN")).await.unwrap();
    for password in ["p#w", "p@w", "p@@w#", "p/w", "p?w", "p?w=1", "p%w", "100%", "%zz", "p&w=x", "p:w", "a=b c"] {
        client.batch_execute(&format!("ALTER ROLE {role} PASSWORD '{password}'")).await.unwrap();
        let store = PgStore::new(format!("postgres://{role}:{password}@127.0.0.1:{port}/{name}")).unwrap();
        store.setup().await.unwrap_or_else(|error| panic!("{password}: {error}"));
        store.close().await;
    }
    client.batch_execute(&format!("REASSIGN OWNED BY {role} TO CURRENT_USER; DROP ROLE {role}")).await.unwrap();
}

#[tokio::test]
async fn a_session_setting_of_node_postgres_takes_effect() {
    let fixture = Fixture::new(Via::Lanes);
    fixture.watch("INSERT", "current_setting('statement_timeout')").await;
    let url = format!("{}?statement_timeout=4321", fixture.database.url());
    let store = fixture.set_up(fixture.builder_at(&url)).await;
    store.set("a", &1, None).await.unwrap();
    assert_eq!(fixture.seen().await, "4321ms");
}

#[tokio::test]
async fn require_auth_refuses_other_methods() {
    let server =
        Server::builder().hba("host all trusted all trust").hba("host all plain all password").start().unwrap();
    let (client, connection) = tokio_postgres::connect(&server.url("postgres"), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    for role in ["trusted", "plain", "scram"] {
        client.batch_execute(&format!("CREATE ROLE {role} SUPERUSER LOGIN PASSWORD 'hunter2'")).await.unwrap();
    }
    let url = |role: &str, methods: &str| {
        format!("postgres://{role}:hunter2@127.0.0.1:{}/postgres?require_auth={methods}", server.port())
    };
    for (role, accepted) in [
        ("scram", "scram-sha-256"),
        ("scram", "md5,scram-sha-256"),
        ("scram", "!password,!md5"),
        ("plain", "password"),
        ("trusted", "none"),
        ("trusted", "!password"),
    ] {
        let store = PgStore::new(url(role, accepted)).unwrap();
        store.setup().await.unwrap_or_else(|error| panic!("{role} {accepted}: {error}"));
        store.close().await;
    }
    for (role, refused) in [
        ("scram", "password"),
        ("scram", "!scram-sha-256"),
        ("plain", "scram-sha-256"),
        ("plain", "!password"),
        ("trusted", "scram-sha-256"),
        ("trusted", "!none"),
    ] {
        let error = failure(&url(role, refused)).await;
        assert_error(&error, ErrorKind::Configuration, &["require_auth"]);
    }
    for invalid in ["scram", "password,!md5", "password,password", ",", "gss"] {
        let error = PgStore::new(url("scram", invalid)).unwrap_err();
        assert_error(&error, ErrorKind::Configuration, &["`require_auth`", "scram-sha-256"]);
    }
}
