use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use async_trait::async_trait;
use pg_session_testkit::Folder;
use tokio::process::Command;

use super::{CEILING, Group, Label, PGBENCH, Side};
use crate::servers::Servers;
use crate::task::{Failure, Operation, Outcome, TTL, Task, data, id};

/// What chooses a session, as `id` makes it.
const CHOOSE: &str = "\\set number random(0, :sessions - 1)
\\set id (hash_fnv1a(:number, 0) & 4611686018427387903) | 4611686018427387904
";

const GET: &str = include_str!("../../../crates/pg-session/sql/get.sql");
const GET_MANY: &str = include_str!("../../../crates/pg-session/sql/get_many.sql");
const SET: &str = include_str!("../../../crates/pg-session/sql/set.sql");

const IDS_A_STATEMENT: usize = 256;

/// Each is prepared on its own, with ids that stay the same: together they should not be a hot few.
const STATEMENTS: usize = 64;

/// The store's statements on its table, prepared, without a store: one a session, or for 256 at once.
pub(crate) struct Pgbench {
    program: PathBuf,
    connection: Vec<(&'static str, String)>,
    many: bool,
    scripts: Folder,
}

impl Pgbench {
    pub(crate) fn new(program: PathBuf, servers: &Servers, many: bool) -> Result<Self, Failure> {
        let postgres = &servers.postgres;
        let connection = vec![
            ("PGHOST", postgres.socket_dir().display().to_string()),
            ("PGPORT", postgres.port().to_string()),
            ("PGUSER", postgres.user().to_owned()),
            ("PGPASSWORD", postgres.password().to_owned()),
            ("PGDATABASE", "postgres".to_owned()),
        ];
        let scripts = Folder::new()?;
        fs::write(scripts.path().join("get"), format!("{CHOOSE}{};\n", fill_in(GET, &["id"])))?;
        fs::write(scripts.path().join("set"), format!("{CHOOSE}{};\n", fill_in(SET, &["id", "data", "ttl"])))?;
        // Fails where the session is not found.
        let check = format!("SELECT 1 / count(g.data) AS found FROM ({}) AS g", fill_in(GET, &["id"]));
        fs::write(scripts.path().join("check"), format!("{CHOOSE}{check};\n"))?;
        let many_gets: String =
            (0..STATEMENTS).map(|n| format!("{};\n", fill_in(GET_MANY, &[&format!("ids{n}")]))).collect();
        fs::write(scripts.path().join("get_many"), many_gets)?;
        Ok(Self { program, connection, many, scripts })
    }

    async fn run(&self, script: &str, sessions: usize, arguments: &[String]) -> Result<String, Failure> {
        let mut pgbench = Command::new(&self.program);
        pgbench.args(["--no-vacuum", "--protocol=prepared", "--file"]).arg(self.scripts.path().join(script));
        pgbench.args(["-D", &format!("sessions={sessions}"), "-D", &format!("ttl={}", TTL.as_millis())]);
        pgbench.args(["-D", &format!("data={}", data(0))]).args(arguments);
        pgbench.envs(self.connection.iter().map(|(name, value)| (name, value)));
        let output = pgbench.stdin(Stdio::null()).kill_on_drop(true).output().await?;
        if output.status.success() {
            return Ok(String::from_utf8(output.stdout)?);
        }
        Err(format!("pgbench failed: {}", String::from_utf8_lossy(&output.stderr)).into())
    }
}

#[async_trait]
impl Side for Pgbench {
    fn label(&self) -> Label {
        Label { group: Group::Rust, name: if self.many { CEILING } else { PGBENCH } }
    }

    fn does(&self, operation: Operation, callers: usize) -> bool {
        if self.many {
            operation == Operation::Get && callers == IDS_A_STATEMENT
        } else {
            matches!(operation, Operation::Get | Operation::Set) && (2..=64).contains(&callers)
        }
    }

    /// Our store has filled the table: reads some of it.
    async fn fill(&mut self, sessions: usize) -> Result<(), Failure> {
        self.run("check", sessions, &["--transactions=100".into()]).await.map(drop)
    }

    async fn measure(&mut self, task: Task) -> Result<Outcome, Failure> {
        // It takes whole seconds.
        let mut arguments = vec![format!("--time={}", task.seconds.ceil()), "--jobs=2".into()];
        let (script, factor) = if self.many {
            arguments.push("--client=4".into());
            arguments
                .extend((0..STATEMENTS).flat_map(|n| ["-D".into(), format!("ids{n}={}", some_ids(task.sessions))]));
            ("get_many", STATEMENTS * IDS_A_STATEMENT)
        } else {
            arguments.push(format!("--client={}", task.callers));
            (task.operation.name(), 1)
        };
        let told = self.run(script, task.sessions, &arguments).await?;
        let a_second = transactions_a_second(&told).ok_or_else(|| format!("pgbench tells no tps: {told}"))?;
        Ok(Outcome { per_second: a_second * factor as f64, ..Outcome::default() })
    }
}

/// A statement of ours as a script has it, with pgbench's variables for its parameters.
fn fill_in(sql: &str, variables: &[&str]) -> String {
    let names = [
        ("{table}", "public.session"),
        ("{id}", "id"),
        ("{expiry}", "expiry"),
        ("{expires}", "s.expiry"),
        ("{created_on_conflict}", ""),
        ("{fits}", "true"),
        ("{data}", "session"),
        ("{json}", "json"),
        ("{zone}", ""),
    ];
    let sql = names.iter().fold(sql.trim_end().to_owned(), |sql, (name, value)| sql.replace(name, value));
    let comments_gone: Vec<_> = sql.lines().filter(|line| !line.starts_with("--")).collect();
    let numbered = (1..).zip(variables);
    numbered.fold(comments_gone.join("\n"), |sql, (n, name)| sql.replace(&format!("${n}"), &format!(":{name}")))
}

/// An array of random ids.
fn some_ids(sessions: usize) -> String {
    let ids: Vec<_> = (0..IDS_A_STATEMENT).map(|_| id(fastrand::usize(0..sessions))).collect();
    format!("{{{}}}", ids.join(","))
}

/// The number in `tps = 86012.345678 (without initial connection time)`.
fn transactions_a_second(told: &str) -> Option<f64> {
    let line = told.lines().rfind(|line| line.starts_with("tps = "))?;
    line.split(' ').nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_of_old_and_new_versions() {
        let new = "latency average = 0.186 ms\ninitial connection time = 9.1 ms\ntps = 86012.3 (without initial connection time)\n";
        let old =
            "tps = 80000.1 (including connections establishing)\ntps = 81000.2 (excluding connections establishing)\n";
        assert_eq!(transactions_a_second(new), Some(86012.3));
        assert_eq!(transactions_a_second(old), Some(81000.2));
        assert_eq!(transactions_a_second("pgbench: fatal"), None);
    }

    #[test]
    fn the_statements_are_those_of_the_store_and_whole() {
        for (sql, variables) in [(GET, &["id"][..]), (GET_MANY, &["ids0"]), (SET, &["id", "data", "ttl"])] {
            let script = fill_in(sql, variables);
            assert!(!script.contains(['{', '}', '$', ';']) && !script.contains("--"), "{script}");
            assert!(variables.iter().all(|name| script.contains(&format!(":{name}"))), "{script}");
        }
    }
}
