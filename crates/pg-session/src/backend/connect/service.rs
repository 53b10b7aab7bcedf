//! The service file of libpq, which names the parameters of several databases.

use std::fs;
use std::path::PathBuf;

use super::dialect::{Values, translate};
use super::environment::Environment;
use crate::error::{Error, Result};

/// Returns what the service file says about this service.
pub(super) fn find(service: &str, environment: Environment<'_>) -> Result<Values> {
    let mut found = None;
    for file in files(environment) {
        if let Ok(text) = fs::read_to_string(file) {
            found = section(&text, service)?;
        }
        if found.is_some() {
            break;
        }
    }
    found.ok_or_else(|| {
        Error::configuration(
            "the `service` of the connection string is in no service file; add it to ~/.pg_service.conf, or set the \
             environment variable PGSERVICEFILE to the file that contains it",
        )
    })
}

/// Returns the files to search, in their order.
fn files(environment: Environment<'_>) -> impl Iterator<Item = PathBuf> {
    let users = environment.variable("PGSERVICEFILE").map(PathBuf::from);
    let users = users.or_else(|| environment.home().map(|home| home.join(".pg_service.conf")));
    let system = environment.variable("PGSYSCONFDIR").map(|folder| PathBuf::from(folder).join("pg_service.conf"));
    users.into_iter().chain(system)
}

/// Parses the lines `name=value` below `[service]`. No error quotes a line: it may contain a password.
fn section(text: &str, service: &str) -> Result<Option<Values>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let is_header = |line: &str| line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) == Some(service);
    let mut lines = lines.skip_while(|line| !is_header(line));
    if lines.next().is_none() {
        return Ok(None);
    }
    let pairs = lines.take_while(|line| !line.starts_with('[')).map(|line| match line.split_once('=') {
        Some(("service", _)) => Err(invalid("a service cannot name another one")),
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(invalid("expected lines of the form name=value")),
    });
    translate(pairs.collect::<Result<_>>()?).map_err(|error| error.context("in the service file")).map(Some)
}

fn invalid(why: &str) -> Error {
    Error::configuration(format!("invalid service file: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_at_the_next() {
        let text = "host=x\n[a]\n# comment\n host=h \nport=1\n\n[b]\nhost=i\nldap://x\n";
        let values = section(text, "a").unwrap().unwrap();
        assert_eq!(values.into_iter().collect::<Vec<_>>(), [("host".into(), "h".into()), ("port".into(), "1".into())]);
        assert!(section(text, "c").unwrap().is_none());
        let error = section("[b]\nhost=i\nhunter2\n", "b").unwrap_err().to_string();
        assert!(error.contains("name=value") && !error.contains("hunter2"), "{error}");
        let error = section("[b]\nhost=i\nhunter2=1\n", "b").unwrap_err().to_string();
        assert!(error.contains("service file") && !error.contains("hunter2"), "{error}");
    }
}
