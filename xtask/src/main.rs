//! The commands of this workspace: `cargo xtask --help`.

mod bench;
mod check_guarantees;
mod demo;
mod error;
mod interrupt;
mod node;
mod pack;
mod server;
mod test;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use clap::Parser;
use error::Error;

/// The commands of the pg-session workspace.
///
/// Each finds PostgreSQL's programs by PG_SESSION_PG_BIN, on the PATH, by pg_config or in the usual
/// folders, and else fetches them with npm into target/postgresql.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", verbatim_doc_comment)]
enum Xtask {
    Bench(bench::Bench),
    CheckGuarantees(check_guarantees::CheckGuarantees),
    Demo(demo::Demo),
    Pack(pack::Pack),
    Server(server::Server),
    Test(test::Test),
}

fn main() -> ExitCode {
    let done = match Xtask::parse() {
        Xtask::Bench(bench) => bench.run(),
        Xtask::CheckGuarantees(check) => check.run(),
        Xtask::Demo(demo) => demo.run(),
        Xtask::Pack(pack) => pack.run(),
        Xtask::Server(server) => server.run(),
        Xtask::Test(test) => test.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Where the workspace is, and its commands run.
fn workspace() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// Runs a command in a folder to its end; it must succeed.
fn run(command: &[&str], folder: &Path, configure: impl FnOnce(&mut Command)) -> Result<(), Error> {
    let mut program = Command::new(command[0]);
    program.args(&command[1..]).current_dir(folder).stdin(Stdio::null());
    configure(&mut program);
    let command = command.join(" ");
    match program.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Error::Failed { command, status }),
        Err(source) => Err(Error::Run { command, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = concat!(
        include_str!("../../README.md"),
        include_str!("../../CONTRIBUTING.md"),
        include_str!("../../docs/guarantees.md"),
        include_str!("../../docs/performance.md"),
        include_str!("../../crates/pg-session/README.md"),
        include_str!("../../crates/pg-session-actix/README.md"),
        include_str!("../../crates/pg-session-tower/README.md"),
    );
    const EXAMPLE: &str = concat!(
        include_str!("../../crates/pg-session/Cargo.toml"),
        include_str!("../../examples/actix/Cargo.toml"),
        include_str!("../../examples/axum/Cargo.toml"),
    );
    const KOA_EXAMPLE: &str = concat!(
        include_str!("../../examples/express/package.json"),
        include_str!("../../examples/fastify/package.json"),
        include_str!("../../examples/koa/package.json"),
    );

    /// The lines of the README's blocks of shell commands.
    fn commands() -> Vec<&'static str> {
        let blocks = README.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
        blocks.flat_map(str::lines).collect()
    }

    #[test]
    fn the_readme_tells_commands_that_work() {
        assert!(commands().contains(&"cargo xtask demo") && commands().contains(&"cargo xtask test"));
        for command in commands() {
            let words: Vec<_> = command.split(' ').collect();
            match words[..] {
                ["cargo", "xtask", ref args @ ..] => {
                    let parsed = Xtask::try_parse_from([&["cargo xtask"], args].concat());
                    assert!(parsed.is_ok(), "{command}");
                }
                ["cargo", "add", ref packages @ ..] => {
                    for package in packages.iter().take_while(|word| !word.starts_with("--")) {
                        assert!(EXAMPLE.contains(&format!("\n{package}")), "the example has no {package}");
                    }
                }
                ["npm", "install", ref packages @ ..] => {
                    for package in packages {
                        assert!(
                            KOA_EXAMPLE.contains(&format!("\n    \"{package}\": ")),
                            "the example has no {package}"
                        );
                    }
                }
                _ => panic!("nobody tests `{command}`"),
            }
        }
    }
}
