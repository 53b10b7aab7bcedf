//! The settings of a server process while it works for a lane.

use std::time::Duration;

use crate::error::Error;

/// Makes every statement look up its ids in the index, in the given order, regardless of the size that the planner
/// assumes for the table: plans stay good while the table grows, and all processes lock rows in the same order.
const PLANNER: [(&str, &str); 6] = [
    PROBE,
    ("jit", "off"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

/// Keeps what others have created in a schema of the role's `search_path` out of our statements.
const SEARCH_PATH: (&str, &str) = ("search_path", "pg_catalog");

/// The setting that has the `search_path` of the connection string in place of the hidden one, for `sql/introspect.sql`.
const GIVEN_PATH: &str = "pg_session.search_path";

/// Statements are atomic each by itself: a stricter isolation would only fail those that wait for a lock. At login only,
/// because a transaction that has begun keeps its own.
const ISOLATION: (&str, &str) = ("default_transaction_isolation", "read committed");

/// The setting that shows whether all of them took effect.
pub(super) const PROBE: (&str, &str) = ("plan_cache_mode", "force_generic_plan");

/// How long a statement waits for a lock: in milliseconds, as all following ones. The calls of its batch wait with it.
const LOCK_TIMEOUT: (&str, &str) = ("lock_timeout", "15");

/// How long one waits that is tried again, if there are many of them, and if there are few.
const RETRIED: [&str; 2] = ["2", "15"];

/// The SQLSTATEs of poolers that accept no settings at login.
const REFUSED: [&str; 2] = ["08P01", "0A000"];

/// Returns whether these options of a login include the settings.
pub(super) fn are_in(options: &str) -> bool {
    let (name, value) = PROBE;
    options.contains(&format!("{name}={value}"))
}

/// Returns whether a pooler refused the login because of the settings.
pub(crate) fn are_refused(error: &Error) -> bool {
    error.sqlstate().is_some_and(|sqlstate| REFUSED.contains(&sqlstate))
}

/// Returns the error for a pooler that ignores the settings.
pub(super) fn ignored() -> Error {
    Error::refused(REFUSED[0], "the settings of the login have no effect")
}

/// Returns the error for a pooler that refuses the `options` of the connection string.
pub(super) fn given_options_refused(error: &Error) -> Error {
    let message = "the pooler refuses the `options` of the connection string; remove them, or let the pooler ignore them \
                   (in PgBouncer: ignore_startup_parameters = options)";
    Error::configuration(message).with_sqlstate(error.sqlstate().unwrap_or(REFUSED[0])).caused_by(error.clone())
}

/// The settings, in two forms.
pub(crate) struct Settings {
    /// Options of the login, for all statements of the server process.
    pub(crate) at_login: String,
    /// A statement without rows, for the transaction that it begins.
    pub(crate) prelude: String,
    /// Whether statements wait for locks only for a short time.
    pub(crate) limits_locks: bool,
    /// Preludes of statements that wait for an even shorter time, without and with all other settings.
    pub(crate) lock_preludes: [String; 2],
    pub(crate) pooled_lock_preludes: [String; 2],
}

impl Settings {
    /// Creates the settings for calls with this time limit, except those that the `options` of the connection string set.
    /// Its `search_path` has no effect, because each statement names the schema of its table; `setup` reads it.
    pub(crate) fn new(timeout: Duration, options: Option<&str>) -> Self {
        // Ends a statement soon after its callers have stopped waiting, which frees the lane.
        let limit = (timeout + timeout / 10).as_millis().clamp(1, 2_000_000_000).to_string();
        let given = given(options.unwrap_or_default());
        let is_given = |(name, _): &(&str, &str)| given.iter().any(|(given, _)| given == name);
        let hidden_path =
            given.iter().rfind(|(name, _)| name == SEARCH_PATH.0).map(|(_, path)| (GIVEN_PATH, path.as_str()));
        let settings = PLANNER.into_iter().chain([("statement_timeout", limit.as_str()), LOCK_TIMEOUT]);
        let settings = settings.filter(|setting| !is_given(setting));
        let settings: Vec<_> = settings.chain([SEARCH_PATH]).collect();
        let at_login: Vec<_> = settings
            .iter()
            .chain((!is_given(&ISOLATION)).then_some(&ISOLATION))
            .chain(&hidden_path)
            .map(|(name, value)| format!("-c {name}={}", escaped(value)))
            .collect();
        // The last value of a setting applies.
        let retried = |settings: &[_]| RETRIED.map(|limit| prelude(settings.iter().chain(&[(LOCK_TIMEOUT.0, limit)])));
        Self {
            at_login: at_login.join(" "),
            prelude: prelude(&settings),
            limits_locks: settings.contains(&LOCK_TIMEOUT),
            lock_preludes: retried(&[]),
            pooled_lock_preludes: retried(&settings),
        }
    }
}

fn prelude<'a>(settings: impl IntoIterator<Item = &'a (&'a str, &'a str)>) -> String {
    let set = settings.into_iter().map(|(name, value)| format!(", pg_catalog.set_config('{name}', '{value}', true)"));
    format!("SELECT WHERE pg_catalog.concat(''{}) IS NULL", set.collect::<String>())
}

/// Returns the settings in `options`: `-c name=value`, `-cname=value` and `--name=value`.
fn given(options: &str) -> Vec<(String, String)> {
    let mut words = words(options).into_iter();
    let mut given = Vec::new();
    while let Some(word) = words.next() {
        let setting = match word.strip_prefix("--").or_else(|| word.strip_prefix("-c")) {
            Some("") => words.next().unwrap_or_default(),
            Some(setting) => setting.to_owned(),
            None => continue,
        };
        let (name, value) = setting.split_once('=').unwrap_or((&setting, ""));
        given.push((name.replace('-', "_").to_lowercase(), value.to_owned()));
    }
    given
}

/// Returns a value as one word of `options`.
fn escaped(value: &str) -> String {
    let needs_escape = |char: char| char == '\\' || char.is_ascii_whitespace();
    value.chars().flat_map(|char| needs_escape(char).then_some('\\').into_iter().chain([char])).collect()
}

/// Splits at whitespace that no backslash precedes, as PostgreSQL does.
fn words(options: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut chars = options.chars();
    while let Some(char) = chars.next() {
        match char {
            char if char.is_ascii_whitespace() => words.push(String::new()),
            char => {
                let char = if char == '\\' { chars.next() } else { Some(char) };
                if let Some(word) = words.last_mut() {
                    word.extend(char);
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_in_the_connection_string_are_left_alone() {
        let limit = Duration::from_secs(5);
        let ours = Settings::new(limit, Some("-c work_mem=1MB"));
        assert!(
            ours.at_login.contains("-c statement_timeout=5500 -c lock_timeout=15 -c search_path=pg_catalog"),
            "{}",
            ours.at_login
        );
        assert!(ours.prelude.contains("set_config('statement_timeout', '5500', true)"), "{}", ours.prelude);
        let alike = Settings::new(limit, Some("-c jit_above_cost=1 -c search_path=jit"));
        assert!(alike.at_login.contains("-c jit=off") && alike.prelude.contains("'jit'"));
        for options in ["-c Statement_Timeout=9", "-cstatement_timeout=9", "--statement-timeout=9 -c jit=on"] {
            let theirs = Settings::new(limit, Some(options));
            assert!(!theirs.at_login.contains("statement_t") && !theirs.prelude.contains("statement_t"), "{options}");
        }
    }

    #[test]
    fn the_search_path_of_the_connection_string_is_passed_on() {
        let at_login = |options| Settings::new(Duration::from_secs(5), Some(options)).at_login;
        assert!(!at_login("-c jit=on").contains("pg_session"));
        for options in [r"-c search_path=a,\ b\\c", r"--search-path=x -csearch_path=a,\ b\\c -c jit=on"] {
            assert!(at_login(options).ends_with(r"-c pg_session.search_path=a,\ b\\c"), "{}", at_login(options));
        }
    }
}
