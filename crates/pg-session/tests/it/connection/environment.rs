//! The environment and the files that every PostgreSQL client reads. Each case runs in a process of its own, so that no test
//! disturbs another.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use pg_session::PgStore;
use pg_session_testkit::{Database, Folder, Server};

/// The variable with the connection string for the child process.
const CONNECTION: &str = "PG_SESSION_TEST_CONNECTION";

/// Runs in a child process: connects, and prints the database or the error.
#[tokio::test]
#[ignore = "for child processes"]
async fn child() {
    let Ok(connection) = std::env::var(CONNECTION) else { return };
    let connected = match PgStore::new(connection) {
        Ok(store) => match store.setup().await {
            Ok(()) => store.count().await.map(|count| format!("connected, {count} sessions")),
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    };
    println!("outcome: {}", connected.unwrap_or_else(|error| format!("{error} ({})", error.kind())));
}

/// Sets up a store for this connection string, in this environment alone, and returns what became of it.
fn outcome(connection: &str, environment: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "connection::environment::child", "--ignored", "--nocapture"]).env_clear();
    command.env(CONNECTION, connection).envs(environment.iter().copied());
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.split_once("outcome: ")).unwrap_or_else(|| panic!("{text}"));
    line.1.to_owned()
}

fn assert_connected(connection: &str, environment: &[(&str, &str)]) {
    assert_eq!(outcome(connection, environment), "connected, 0 sessions", "{connection} {environment:?}");
}

#[test]
fn the_environment_fills_in_what_the_string_leaves_out() {
    let database = Database::new();
    let server = Server::shared();
    let port = server.port().to_string();
    let (user, password, name) = (server.user(), server.password(), database.name());
    let folder = server.socket_dir().to_str().unwrap().to_owned();
    assert_connected("", &[("DATABASE_URL", &database.url())]);
    assert_connected(" \n", &[("DATABASE_URL", &format!("{}\n", database.url()))]);
    let all =
        [("PGHOST", "127.0.0.1"), ("PGPORT", &port), ("PGUSER", user), ("PGPASSWORD", password), ("PGDATABASE", name)];
    assert_connected("", &all);
    assert_connected("", &[all.as_slice(), &[("PGHOST", &folder)]].concat());
    assert_connected("", &[&all[1..], &[("PGHOSTADDR", "127.0.0.1")]].concat());
    assert_connected("postgres://", &all);
    assert_connected("", &[("DATABASE_URL", &format!("postgres://{user}@127.0.0.1/{name}")), all[1], all[3]]);
    // The string takes precedence.
    let wrong = [("PGHOST", "no-such-host.invalid"), ("PGPORT", "1"), ("PGUSER", "nobody"), ("PGPASSWORD", "hunter2")];
    assert_connected(&database.url(), &wrong);

    let nothing = outcome("", &[("PGPASSWORD", "hunter2")]);
    assert!(nothing.contains("DATABASE_URL") && nothing.ends_with("(configuration)"), "{nothing}");
    let invalid = outcome(&database.url(), &[("PGSSLMODE", "hunter2")]);
    assert!(
        invalid.contains("`sslmode`") && invalid.contains("PGSSLMODE") && !invalid.contains("hunter2"),
        "{invalid}"
    );
    let refused = outcome(&database.url(), &[("PGSSLMODE", "require")]);
    assert!(refused.contains("does not support TLS"), "{refused}");
}

#[test]
fn the_password_file_is_read() {
    let database = Database::new();
    let server = Server::shared();
    let (user, password, port, name) = (server.user(), server.password(), server.port(), database.name());
    let folder = Folder::new().unwrap();
    let file = folder.path().join(".pgpass");
    let home = folder.path().to_str().unwrap();
    let escaped = password.replace('\\', "\\\\").replace(':', "\\:");
    let write = |text: String, mode: u32| {
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    };
    let without = format!("postgres://{user}@127.0.0.1:{port}/{name}");
    write(format!("# ours\nother:*:*:*:hunter2\n127.0.0.1:{port}:{name}:{user}:{escaped}\n*:*:*:*:hunter2\n"), 0o600);
    assert_connected(&without, &[("HOME", home)]);
    assert_connected(&without, &[("PGPASSFILE", file.to_str().unwrap())]);
    assert_connected(&format!("{without}?passfile={}", file.display()), &[]);
    write(format!("localhost:*:*:{user}:{escaped}"), 0o600);
    let socket = format!("host={} port={port} user={user} dbname={name}", server.socket_dir().display());
    assert!(outcome(&socket, &[("HOME", home)]).contains("password missing"));
    write(format!("{}:{port}:*:{user}:{escaped}\r\n", server.socket_dir().display()), 0o600);
    assert_connected(&socket, &[("HOME", home)]);
    // A password in the string takes precedence.
    write("*:*:*:*:hunter2\n".to_owned(), 0o600);
    assert_connected(&database.url(), &[("HOME", home)]);
    // As in libpq, a file that others can read is not used.
    write(format!("*:*:*:*:{escaped}\n"), 0o644);
    assert!(outcome(&without, &[("HOME", home)]).contains("password missing"));
}

#[test]
fn a_service_names_what_its_file_says() {
    let database = Database::new();
    let server = Server::shared();
    let (user, password, port, name) = (server.user(), server.password(), server.port(), database.name());
    let folder = Folder::new().unwrap();
    let file = folder.path().join(".pg_service.conf");
    let text = format!(
        "# ours\n[other]\nhost=no-such-host.invalid\n\n[shop]\nhost=127.0.0.1\nport={port}\nuser={user}\n\
         password={password}\ndbname={name}\n[broken]\nhost\n"
    );
    fs::write(&file, text).unwrap();
    let home = folder.path().to_str().unwrap();
    assert_connected("service=shop", &[("HOME", home)]);
    assert_connected("postgres://?service=shop", &[("PGSERVICEFILE", file.to_str().unwrap())]);
    assert_connected("", &[("PGSERVICE", "shop"), ("HOME", home), ("PGHOST", "no-such-host.invalid")]);
    for (service, part) in [("none", "PGSERVICEFILE"), ("broken", "service file")] {
        let error = outcome(&format!("service={service}"), &[("HOME", home)]);
        assert!(error.contains(part) && error.ends_with("(configuration)"), "{error}");
    }
}

#[test]
fn no_verify_verifies_nothing_despite_a_root_certificate_at_home() {
    let folder = Folder::new().unwrap();
    let postgresql = folder.path().join(".postgresql");
    fs::create_dir(&postgresql).unwrap();
    let arguments = "req -x509 -newkey rsa:2048 -nodes -keyout key -out root.crt -subj /CN=foreign";
    let made = Command::new("openssl").args(arguments.split(' ')).current_dir(&postgresql).output().unwrap();
    assert!(made.status.success());
    let server = super::tls::TlsServer::start_blocking();
    let home = folder.path().to_str().unwrap();
    assert!(outcome(&server.url("sslmode=no-verify"), &[("HOME", home)]).starts_with("connected"));
    assert!(outcome(&server.url("sslmode=prefer"), &[("HOME", home)]).starts_with("connected"));
    // As in libpq, `require` verifies if this file exists.
    assert!(outcome(&server.url("sslmode=require"), &[("HOME", home)]).contains("is not trusted"));
}
