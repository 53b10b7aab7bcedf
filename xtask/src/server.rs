use std::io::{self, BufRead};

use clap::Args;
use pg_session_testkit::{PgInstall, Server as PostgreSql};

use crate::error::Error;

/// Run a private PostgreSQL, for tests in other languages.
///
/// Prints the line for PG_SESSION_TEST_SERVER. Obeys the lines `stop` and `start`, and answers each when it is done;
/// everything ends with its standard input.
#[derive(Args)]
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
                _ => return Err(Error::NoSuchOrder { line }),
            }
            println!("{line}");
        }
        Ok(())
    }
}
