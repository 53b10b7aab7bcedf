//! `pkgstats account`.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use crate::site::{PASSWORD, Site};

const OTHER_PASSWORD: &str = "another horse battery";

/// Runs `pkgstats account` with this on its standard input.
fn account(site: &Site, args: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pkgstats"));
    command.arg("account").args(args).env("DATABASE_URL", site.database.url()).env("RUST_BACKTRACE", "0");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that fails early does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Returns what the command says.
fn done(site: &Site, args: &[&str], input: &str) -> String {
    let output = account(site, args, input);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn failure(site: &Site, args: &[&str], input: &str) -> String {
    let output = account(site, args, input);
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

async fn count(site: &Site, table: &str) -> i64 {
    let client = site.database.client().await;
    client.query_one(&format!("SELECT count(*) FROM pkgstats.{table}"), &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn an_account_that_is_added_can_sign_in() {
    let site = Site::start().await;
    assert_eq!(done(&site, &["list"], ""), "");
    assert_eq!(done(&site, &["add", "Ada"], &format!("{PASSWORD}\n")), "added Ada\n");
    let visitor = site.visitor();
    visitor.sign_in("ada").await;
    visitor.star("koa").await;
    let list = done(&site, &["list"], "");
    assert!(list.starts_with("ada ") && list.contains("1 starred") && list.contains("0 watched"), "{list}");
    assert!(!list.contains("argon2"), "{list}");
}

#[tokio::test]
async fn a_new_password_ends_the_sessions_of_that_account_alone() {
    let site = Site::start().await;
    let (ada, phone, bob) = (site.visitor(), site.visitor(), site.visitor());
    ada.sign_up("ada").await;
    phone.sign_in("ada").await;
    bob.sign_up("bob").await;
    let said = done(&site, &["password", "ada"], OTHER_PASSWORD);
    assert_eq!(said, "set the password of ada, and ended 2 of its sessions\n");
    for (visitor, status) in [(&ada, 401), (&phone, 401), (&bob, 200)] {
        assert_eq!(visitor.get("/account/devices").await.status(), status);
    }
    for (password, status) in [(PASSWORD, 422), (OTHER_PASSWORD, 303)] {
        assert_eq!(ada.post("/sign-in", &[("name", "ada"), ("password", password)]).await.status(), status);
    }
}

#[tokio::test]
async fn an_account_is_deleted_with_all_that_it_has() {
    let site = Site::start().await;
    let (ada, bob) = (site.visitor(), site.visitor());
    for (visitor, name) in [(&ada, "ada"), (&bob, "bob")] {
        visitor.sign_up(name).await;
        visitor.star("koa").await;
        visitor.post("/watch", &[("name", "koa"), ("watched", "true")]).await;
    }
    assert_eq!(done(&site, &["delete", "ada"], ""), "deleted ada, and ended 1 of its sessions\n");
    assert_eq!(ada.get("/account/devices").await.status(), 401);
    assert_eq!(bob.get("/account/devices").await.status(), 200);
    for table in ["account", "star", "watch", "session"] {
        assert_eq!(count(&site, table).await, 1, "{table}");
    }
}

#[tokio::test]
async fn mistakes_are_said() {
    let site = Site::start().await;
    done(&site, &["add", "ada"], PASSWORD);
    for (args, input, problem) in [
        (vec!["add", "ada"], PASSWORD, "already"),
        (vec!["add", "a b"], PASSWORD, "A name has"),
        (vec!["add", "bob"], "short", "A password has"),
        (vec!["add", "bob"], "", "A password has"),
        (vec!["add", "bob", PASSWORD], "", "unexpected argument"),
        (vec!["password", "bob"], PASSWORD, "no account"),
        (vec!["delete", "bob"], "", "no account"),
    ] {
        let said = failure(&site, &args, input);
        assert!(said.contains(problem), "{args:?}: {said}");
    }
    assert_eq!(count(&site, "account").await, 1);
}
