//! The chromedriver of all tests of this process.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use pg_session_testkit::{Guard, Signal};

/// Ends the Chromium processes too, which are in the same process group and would outlive chromedriver.
const SCRIPT: &str = r#"trap 'trap - TERM; kill 0' TERM; chromedriver --port=0 & wait "$!""#;

struct Chromedriver {
    /// Ends it with this process.
    _guard: Guard,
    address: String,
}

/// Returns the address of chromedriver, or why it is not there.
pub(crate) fn address() -> Result<&'static str, &'static str> {
    static SHARED: LazyLock<Result<Chromedriver, &str>> = LazyLock::new(start);
    SHARED.as_ref().map(|driver| driver.address.as_str()).map_err(|problem| *problem)
}

fn start() -> Result<Chromedriver, &'static str> {
    for program in ["chromium", "chromedriver"] {
        let version = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !version.is_ok_and(|status| status.success()) {
            return Err("chromium or chromedriver is not installed");
        }
    }
    let (output, input) = std::io::pipe().unwrap();
    let guard = Guard::spawn("/bin/sh", Signal::Terminate, |shell| {
        shell.args(["-c", SCRIPT]).stdout(input).stderr(Stdio::null());
    });
    let port = BufReader::new(output)
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse::<u16>().ok());
    let port = port.ok_or("chromedriver does not start")?;
    Ok(Chromedriver { _guard: guard.unwrap(), address: format!("http://127.0.0.1:{port}") })
}
