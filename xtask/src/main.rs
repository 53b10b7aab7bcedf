//! The developer commands of this workspace: `cargo xtask --help`.

mod bench;
mod check_guarantees;
mod demo;
mod error;
mod interrupt;
mod node;
mod pack;
mod run;
mod server;
mod session_secret;
mod structure;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

/// The developer commands of the pg-session workspace.
///
/// Commands that need PostgreSQL search for it in the folder PG_SESSION_PG_BIN, on the PATH, through pg_config and in
/// the standard folders. If it is not installed, they download it with npm into target/postgresql.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", verbatim_doc_comment)]
enum Xtask {
    Bench(bench::Bench),
    CheckGuarantees(check_guarantees::CheckGuarantees),
    Demo(demo::Demo),
    Pack(pack::Pack),
    Server(server::Server),
    Structure(structure::Structure),
    Test(test::Test),
}

fn main() -> ExitCode {
    let done = match Xtask::parse() {
        Xtask::Bench(bench) => bench.run(),
        Xtask::CheckGuarantees(check) => check.run(),
        Xtask::Demo(demo) => demo.run(),
        Xtask::Pack(pack) => pack.run(),
        Xtask::Server(server) => server.run(),
        Xtask::Structure(structure) => structure.run(),
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

    /// Returns the lines of the README's shell blocks.
    fn commands() -> Vec<&'static str> {
        let blocks = README.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
        blocks.flat_map(str::lines).collect()
    }

    #[test]
    fn the_commands_in_the_readme_work() {
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
                _ => panic!("this test does not know how to check `{command}`"),
            }
        }
    }
}
