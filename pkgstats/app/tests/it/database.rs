//! `pkgstats import --create-database`.

use std::process::Command;

use pg_session_testkit::Database;

#[tokio::test]
async fn an_import_creates_its_database_if_asked_to() {
    let database = Database::new();
    let other = format!("{}_\"other\"", database.name());
    let url = database.url().replace(database.name(), &other.replace('"', "%22"));
    let import = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pkgstats"));
        command.args(["import", "--if-empty"]).args(args).env("DATABASE_URL", &url).output().unwrap()
    };
    assert!(!import(&[]).status.success());
    for _ in 0..2 {
        let output = import(&["--create-database"]);
        assert!(output.status.success(), "{output:?}");
    }
    let client = database.client().await;
    let drop = format!("DROP DATABASE \"{}\" WITH (FORCE)", other.replace('"', "\"\""));
    client.batch_execute(&drop).await.unwrap();
}
