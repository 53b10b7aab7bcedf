//! The options of a connection string by name, filled in from the service file and the environment.

use super::dialect::{Values, translate};
use super::environment::Environment;
use super::names::{OWN, USED};
use super::service;
use super::syntax::{bare, parse};
use crate::error::{Error, Result};

/// The variables of which one must be set if there is no connection string.
const ADDRESS: [&str; 6] = ["PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGSERVICE"];

/// The options of a connection string.
pub(super) struct ConnParams {
    values: Values,
    /// The options that the environment filled in, and their variables.
    filled_in: Vec<(&'static str, &'static str)>,
}

impl ConnParams {
    /// Parses a connection string. If it is empty, that in `DATABASE_URL` counts.
    ///
    /// As in libpq, what it leaves out comes from the service file, and then from the `PG*` variables.
    pub(super) fn parse(text: &str, environment: Environment<'_>) -> Result<Self> {
        let mut values = match bare(text) {
            "" => match environment.variable("DATABASE_URL") {
                Some(url) => parse(bare(&url))
                    .and_then(translate)
                    .map_err(|error| error.context("in the environment variable DATABASE_URL"))?,
                None if ADDRESS.iter().any(|name| environment.variable(name).is_some()) => Values::new(),
                None => {
                    return Err(Error::configuration(
                        "there is no connection string: pass one such as postgres://user:password@host:5432/database, \
                         or set the environment variable DATABASE_URL, or PGHOST, PGUSER, PGPASSWORD and PGDATABASE",
                    ));
                }
            },
            text => translate(parse(text)?)?,
        };
        let service = values.remove("service").or_else(|| environment.variable("PGSERVICE"));
        if let Some(service) = service.filter(|service| !service.is_empty()) {
            for (name, value) in service::find(&service, environment)? {
                values.entry(name).or_insert(value);
            }
        }
        let mut filled_in = Vec::new();
        for (name, variable) in USED.iter().filter(|(name, variable)| !variable.is_empty() && *name != "service") {
            if let Some(value) = environment.variable(variable).filter(|_| !values.contains_key(*name)) {
                values.insert((*name).to_owned(), value);
                filled_in.push((*name, *variable));
            }
        }
        Ok(Self { values, filled_in })
    }

    /// Takes the value of an option. As in libpq, an empty value counts as none.
    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        self.take(name).filter(|value| !value.is_empty())
    }

    /// Takes an option whose value is one of the `choices`, and returns its meaning.
    pub(super) fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Result<Option<T>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        match choices.iter().find(|(choice, _)| *choice == value) {
            Some((_, meaning)) => Ok(Some(*meaning)),
            None => {
                let choices: Vec<&str> = choices.iter().map(|(choice, _)| *choice).collect();
                Err(self.located(invalid_option(name, &choices.join(", ")), name))
            }
        }
    }

    /// Takes an option that counts a `unit`. As in libpq, 0 and negative numbers mean no limit, or the system's default.
    pub(super) fn number(&mut self, name: &'static str, unit: &str) -> Result<Option<u32>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let number: i32 = value
            .trim()
            .parse()
            .map_err(|_| self.located(invalid_option(name, &format!("a whole number of {unit}")), name))?;
        Ok(Some(u32::try_from(number).unwrap_or(0)))
    }

    fn take(&mut self, name: &'static str) -> Option<String> {
        debug_assert!(OWN.contains(&name) || USED.iter().any(|(used, _)| *used == name), "{name} is in no list");
        self.values.remove(name)
    }

    /// Adds the variable that the invalid value comes from.
    fn located(&self, error: Error, name: &str) -> Error {
        match self.filled_in.iter().find(|(filled_in, _)| *filled_in == name) {
            Some((_, variable)) => error.context(&format!("in the environment variable {variable}")),
            None => error,
        }
    }
}

/// Returns the error for an option whose value is invalid. It does not quote the value, which may be a password.
pub(super) fn invalid_option(name: &str, expected: &str) -> Error {
    Error::configuration(format!("invalid value for `{name}` in the connection string; expected {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_fills_in_its_option() {
        for (name, variable) in USED.into_iter().filter(|(name, variable)| !variable.is_empty() && *name != "service") {
            let environment = |asked: &str| (asked == variable).then(|| "x".to_owned());
            let mut filled_in = ConnParams::parse("host=", Environment::new(&environment)).unwrap();
            // As in libpq, an empty value of the string is a value, too.
            assert_eq!(filled_in.text(name).as_deref(), if name == "host" { None } else { Some("x") }, "{variable}");
            let given = ConnParams::parse(&format!("{name}=y"), Environment::new(&environment));
            assert_eq!(given.unwrap().text(name).as_deref(), Some("y"), "{variable}");
        }
    }

    #[test]
    fn an_error_about_a_variable_names_it() {
        let environment = |asked: &str| match asked {
            "DATABASE_URL" => Some("mysql://u:hunter2@h/d".to_owned()),
            "PGSSLSNI" | "PGCONNECT_TIMEOUT" => Some("hunter2".to_owned()),
            _ => None,
        };
        let environment = Environment::new(&environment);
        let mut params = ConnParams::parse("host=h", environment).unwrap();
        for (error, part) in [
            (ConnParams::parse("", environment).err().unwrap(), "DATABASE_URL: invalid connection string"),
            (params.choice("sslsni", &[("1", ())]).unwrap_err(), "PGSSLSNI: invalid value for `sslsni`"),
            (params.number("connect_timeout", "seconds").unwrap_err(), "PGCONNECT_TIMEOUT: invalid value"),
        ] {
            let error = error.to_string();
            assert!(error.contains(part) && !error.contains("hunter2"), "{error}");
        }
    }
}
