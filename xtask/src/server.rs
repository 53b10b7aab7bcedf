use std::io::{self, BufRead};

use clap::Args;
use pg_session_testkit::{PgInstall, Server as PostgreSql};

use crate::error::Error;

/// Run a private PostgreSQL for tests in other languages.
///
/// Prints the value for PG_SESSION_TEST_SERVER. Reads the commands `stop` and `start` from standard input, one a line,
/// and prints each when it is done. Stops the server at the end of standard input.
#[derive(Args)]
#[command(after_help = "Example: run the tests of the npm package without `cargo xtask test`\n  \
                        (sleep 3000 | cargo xtask server > server.txt &)\n  \
                        PG_SESSION_TEST_SERVER=\"$(head -1 server.txt)\" npm test")]
pub(crate) struct Server {}

impl Server {
    pub(crate) fn run(self) -> Result<(), Error> {
        PgInstall::find_or_fetch()?;
        let mut server = PostgreSql::start()?;
        println!("{}", server.shared_line());
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            match line.as_str() {
                "stop" => server.stop()?,
                "start" => server.start_again()?,
                _ => return Err(Error::UnknownServerCommand { line }),
            }
            println!("{line}");
        }
        Ok(())
    }
}
