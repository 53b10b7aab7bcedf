use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use async_trait::async_trait;
use pg_session_testkit::Folder;
use tokio::process::Command;

use crate::error::BoxError;
use crate::outcome::Outcome;
use crate::servers::Servers;
use crate::session::{TTL, data, id};
use crate::target::{Group, Label, PGBENCH, PGBENCH_BATCH, Target};
use crate::task::{Operation, Task};

/// Chooses a random session. Computes its id like [`id`].
const CHOOSE: &str = "\\set number random(0, :sessions - 1)
\\set id (hash_fnv1a(:number, 0) & 4611686018427387903) | 4611686018427387904
";

const GET: &str = include_str!("../../../crates/pg-session/sql/get.sql");
const GET_MANY: &str = include_str!("../../../crates/pg-session/sql/get_many.sql");
const SET: &str = include_str!("../../../crates/pg-session/sql/set.sql");

const IDS_PER_STATEMENT: usize = 256;

/// Each statement has a fixed set of ids. Many statements keep the ids from being a few hot ones.
const STATEMENTS: usize = 64;

/// pg-session's own SQL, prepared and run by pgbench: one session per statement, or 256.
pub(crate) struct Pgbench {
    program: PathBuf,
    connection: Vec<(&'static str, String)>,
    batch: bool,
    scripts: Folder,
}

impl Pgbench {
    pub(crate) fn new(program: PathBuf, servers: &Servers, batch: bool) -> Result<Self, BoxError> {
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
        // Divides by zero if the session is not found.
        let check = format!("SELECT 1 / count(g.data) AS found FROM ({}) AS g", fill_in(GET, &["id"]));
        fs::write(scripts.path().join("check"), format!("{CHOOSE}{check};\n"))?;
        let get_many = (0..STATEMENTS).map(|n| format!("{};\n", fill_in(GET_MANY, &[&format!("ids{n}")])));
        fs::write(scripts.path().join("get_many"), get_many.collect::<String>())?;
        Ok(Self { program, connection, batch, scripts })
    }

    async fn run(&self, script: &str, sessions: usize, arguments: &[String]) -> Result<String, BoxError> {
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
impl Target for Pgbench {
    fn label(&self) -> Label {
        Label { group: Group::Rust, name: if self.batch { PGBENCH_BATCH } else { PGBENCH } }
    }

    fn supports(&self, operation: Operation, callers: usize) -> bool {
        if self.batch {
            operation == Operation::Get && callers == IDS_PER_STATEMENT
        } else {
            matches!(operation, Operation::Get | Operation::Set) && (2..=64).contains(&callers)
        }
    }

    /// Only reads some sessions, because pg-session has filled the table.
    async fn fill(&mut self, sessions: usize) -> Result<(), BoxError> {
        self.run("check", sessions, &["--transactions=100".into()]).await.map(drop)
    }

    async fn measure(&mut self, task: Task) -> Result<Outcome, BoxError> {
        // pgbench accepts whole seconds only.
        let mut arguments = vec![format!("--time={}", task.seconds.ceil()), "--jobs=2".into()];
        let (script, factor) = if self.batch {
            arguments.push("--client=4".into());
            arguments
                .extend((0..STATEMENTS).flat_map(|n| ["-D".into(), format!("ids{n}={}", random_ids(task.sessions))]));
            ("get_many", STATEMENTS * IDS_PER_STATEMENT)
        } else {
            arguments.push(format!("--client={}", task.callers));
            (task.operation.name(), 1)
        };
        let output = self.run(script, task.sessions, &arguments).await?;
        let rate = parse_tps(&output).ok_or_else(|| format!("pgbench's output has no tps: {output}"))?;
        Ok(Outcome { per_second: rate * factor as f64, ..Outcome::default() })
    }
}

/// Turns one of pg-session's statements into a pgbench script whose variables are the parameters.
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
    let without_comments: Vec<_> = sql.lines().filter(|line| !line.starts_with("--")).collect();
    let numbered = (1..).zip(variables);
    numbered.fold(without_comments.join("\n"), |sql, (n, name)| sql.replace(&format!("${n}"), &format!(":{name}")))
}

/// Returns an array literal of random ids.
fn random_ids(sessions: usize) -> String {
    let ids: Vec<_> = (0..IDS_PER_STATEMENT).map(|_| id(fastrand::usize(0..sessions))).collect();
    format!("{{{}}}", ids.join(","))
}

/// Returns the number in `tps = 86012.345678 (without initial connection time)`.
fn parse_tps(output: &str) -> Option<f64> {
    let line = output.lines().rfind(|line| line.starts_with("tps = "))?;
    line.split(' ').nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_of_old_and_new_versions_is_parsed() {
        let new = "latency average = 0.186 ms\ninitial connection time = 9.1 ms\ntps = 86012.3 (without initial connection time)\n";
        let old =
            "tps = 80000.1 (including connections establishing)\ntps = 81000.2 (excluding connections establishing)\n";
        assert_eq!(parse_tps(new), Some(86012.3));
        assert_eq!(parse_tps(old), Some(81000.2));
        assert_eq!(parse_tps("pgbench: fatal"), None);
    }

    #[test]
    fn every_placeholder_of_the_statements_is_filled_in() {
        for (sql, variables) in [(GET, &["id"][..]), (GET_MANY, &["ids0"]), (SET, &["id", "data", "ttl"])] {
            let script = fill_in(sql, variables);
            assert!(!script.contains(['{', '}', '$', ';']) && !script.contains("--"), "{script}");
            assert!(variables.iter().all(|name| script.contains(&format!(":{name}"))), "{script}");
        }
    }
}
