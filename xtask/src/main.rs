//! The developer commands of this workspace: `cargo xtask --help`.

mod bench;
mod check_guarantees;
mod demo;
mod error;
mod interrupt;
mod node;
mod outages;
mod pack;
mod pkgstats;
mod responds;
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
    Outages(outages::Outages),
    Pack(pack::Pack),
    Pkgstats(pkgstats::Pkgstats),
    Server(server::Server),
    Structure(structure::Structure),
    Test(test::Test),
}

fn main() -> ExitCode {
    let done = match Xtask::parse() {
        Xtask::Bench(bench) => bench.run(),
        Xtask::CheckGuarantees(check) => check.run(),
        Xtask::Demo(demo) => demo.run(),
        Xtask::Outages(outages) => outages.run(),
        Xtask::Pack(pack) => pack.run(),
        Xtask::Pkgstats(pkgstats) => pkgstats.run(),
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
    use serde_json::Value;

    use super::*;

    const README: &str = concat!(
        include_str!("../../README.md"),
        include_str!("../../CONTRIBUTING.md"),
        include_str!("../../docs/guarantees.md"),
        include_str!("../../docs/performance.md"),
        include_str!("../../crates/pg-session/README.md"),
        include_str!("../../crates/pg-session-actix/README.md"),
        include_str!("../../crates/pg-session-node/README.md"),
        include_str!("../../crates/pg-session-tower/README.md"),
    );
    const EXAMPLE: &str = concat!(
        include_str!("../../crates/pg-session/Cargo.toml"),
        include_str!("../../examples/actix/Cargo.toml"),
        include_str!("../../examples/axum/Cargo.toml"),
    );
    const NODE_EXAMPLES: [&str; 5] = [
        include_str!("../../examples/express/package.json"),
        include_str!("../../examples/fastify/package.json"),
        include_str!("../../examples/koa/package.json"),
        include_str!("../../examples/koa1/package.json"),
        include_str!("../../examples/koa-session/package.json"),
    ];
    const NODE_PACKAGE: &str = include_str!("../../crates/pg-session-node/package.json");

    /// Returns the lines of the README's shell blocks, and each `npm install` within its text.
    fn commands() -> Vec<&'static str> {
        let blocks = README.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
        let inline = README.split('`').filter(|code| code.starts_with("npm install ") && !code.contains('\n'));
        blocks.flat_map(str::lines).chain(inline).collect()
    }

    /// Returns the names of the npm package and of all packages that the examples for Node depend on.
    fn npm_packages() -> Vec<String> {
        let parse = |json| serde_json::from_str::<Value>(json).unwrap();
        let mut names = vec![parse(NODE_PACKAGE)["name"].as_str().unwrap().to_owned()];
        for example in NODE_EXAMPLES.map(parse) {
            let dependencies = example["dependencies"].as_object().unwrap();
            // An example can depend on the npm package under any name.
            let is_foreign = |version: &Value| !version.as_str().unwrap().starts_with("file:");
            names.extend(dependencies.iter().filter(|(_, version)| is_foreign(version)).map(|(name, _)| name.clone()));
        }
        names
    }

    #[test]
    fn the_commands_in_the_readme_work() {
        for command in ["cargo xtask demo", "cargo xtask test", "npm install koa koa-session"] {
            assert!(commands().contains(&command), "{command}");
        }
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
                        assert!(npm_packages().iter().any(|name| name == package), "no example has {package}");
                    }
                }
                _ => panic!("this test does not know how to check `{command}`"),
            }
        }
    }
}
