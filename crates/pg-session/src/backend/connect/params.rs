//! The options of a connection string by name.

use super::syntax::{self, Values};
use crate::error::{Error, Result};

/// How similar a name must be to be suggested, from 0 to 1. Suggests `sslmode` for `ssl`, but not `connect_timeout` for
/// `connection_limit`.
const MIN_SIMILARITY: f64 = 0.88;

/// The options of a connection string. What is left when all known options are taken is unknown.
pub(super) struct ConnParams {
    values: Values,
    known: Vec<&'static str>,
}

impl ConnParams {
    pub(super) fn parse(text: &str) -> Result<Self> {
        Ok(Self { values: syntax::parse(text)?, known: Vec::new() })
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
                Err(invalid_option(name, &choices.join(", ")))
            }
        }
    }

    /// Takes an option that counts a `unit`. As in libpq, 0 and negative numbers mean no limit, or the system's default.
    pub(super) fn number(&mut self, name: &'static str, unit: &str) -> Result<Option<u32>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let number: i32 = value.parse().map_err(|_| invalid_option(name, &format!("a whole number of {unit}")))?;
        Ok(Some(u32::try_from(number).unwrap_or(0)))
    }

    /// Returns an error if an option was not taken.
    pub(super) fn reject_unknown(self) -> Result<()> {
        let Some(unknown) = self.values.into_keys().next() else { return Ok(()) };
        let similar = self.known.into_iter().map(|known| (strsim::jaro_winkler(&unknown, known), known));
        let nearest =
            similar.filter(|(similarity, _)| *similarity >= MIN_SIMILARITY).max_by(|a, b| a.0.total_cmp(&b.0));
        let suggestion = nearest.map(|(_, known)| format!("; did you mean `{known}`?")).unwrap_or_default();
        Err(Error::configuration(format!("unknown option `{unknown}` in the connection string{suggestion}")))
    }

    fn take(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        self.values.remove(name)
    }
}

/// Returns the error for an option whose value is invalid. It does not quote the value, which may be a password.
pub(super) fn invalid_option(name: &str, expected: &str) -> Error {
    Error::configuration(format!("invalid value for `{name}` in the connection string; expected {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(name: &str) -> String {
        let mut params = ConnParams::parse(&format!("host=h {name}=secret")).unwrap();
        for name in ["host", "sslmode", "sslkey", "connect_timeout", "keepalives_idle"] {
            params.text(name);
        }
        let error = params.reject_unknown().unwrap_err().to_string();
        assert!(error.contains(&format!("unknown option `{name}`")) && !error.contains("secret"), "{error}");
        error
    }

    #[test]
    fn an_unknown_option_is_reported_with_a_similar_one() {
        for (name, similar) in
            [("sslmod", "`sslmode`"), ("ssl", "`sslkey`"), ("keepalives_retries", "`keepalives_idle`")]
        {
            assert!(unknown(name).ends_with(&format!("did you mean {similar}?")), "{}", unknown(name));
        }
        for name in ["schema", "pgbouncer", "connection_limit", "pool_timeout"] {
            assert!(!unknown(name).contains("did you mean"), "{}", unknown(name));
        }
    }
}
