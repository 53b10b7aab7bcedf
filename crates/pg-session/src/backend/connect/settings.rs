//! What a server process is set to while it works for a lane.

use std::time::Duration;

use crate::error::Error;

/// A statement looks each id up in the index, in the order given, whatever the planner takes the table's size to be: no
/// plan is a bad one while the table grows, and rows are locked in one order by all.
const PLANNER: [(&str, &str); 6] = [
    GENERIC,
    ("jit", "off"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

/// The one that shows whether they are heeded.
pub(super) const GENERIC: (&str, &str) = ("plan_cache_mode", "force_generic_plan");

/// How poolers say that they take no settings at the login (SQLSTATE).
const REFUSED: [&str; 2] = ["08P01", "0A000"];

/// Whether the options of a login have the setting to look at.
pub(crate) fn are_ours(options: &str) -> bool {
    let (name, value) = GENERIC;
    options.contains(&format!("{name}={value}"))
}

pub(crate) fn are_refused(error: &Error) -> bool {
    error.sqlstate().is_some_and(|sqlstate| REFUSED.contains(&sqlstate))
}

/// Said in place of a pooler that has dropped them in silence.
pub(crate) fn unheeded() -> Error {
    Error::refused(REFUSED[0], "the settings of the login are not heeded")
}

pub(crate) struct Settings {
    /// As options of the login, for all that a server process does.
    pub(crate) at_login: String,
    /// As a statement without rows, for the transaction that it begins.
    pub(crate) preamble: String,
}

impl Settings {
    /// What the connection string sets by its `options` is left alone.
    pub(crate) fn new(timeout: Duration, options: Option<&str>) -> Self {
        // What nobody waits for any more ends soon after, and the lane is free again.
        let limit = (timeout + timeout / 10).as_millis().clamp(1, 2_000_000_000).to_string();
        let given: Vec<_> = options.unwrap_or_default().split_whitespace().map(name).collect();
        let settings = PLANNER.into_iter().chain([("statement_timeout", limit.as_str())]);
        let settings: Vec<_> = settings.filter(|(name, _)| !given.iter().any(|given| given == name)).collect();
        let at_login: Vec<_> = settings.iter().map(|(name, value)| format!("-c {name}={value}")).collect();
        let set: String =
            settings.iter().map(|(name, value)| format!(", set_config('{name}', '{value}', true)")).collect();
        Self { at_login: at_login.join(" "), preamble: format!("SELECT WHERE concat(''{set}) IS NULL") }
    }
}

/// The name in `-c name=value`, its parts or `--name=value`.
fn name(option: &str) -> String {
    let option = option.strip_prefix("--").or_else(|| option.strip_prefix("-c")).unwrap_or(option);
    option.split('=').next().unwrap_or_default().replace('-', "_").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_connection_string_sets_is_left_alone() {
        let limit = Duration::from_secs(5);
        let ours = Settings::new(limit, Some("-c work_mem=1MB"));
        assert!(ours.at_login.ends_with("-c enable_mergejoin=off -c statement_timeout=5500"), "{}", ours.at_login);
        assert!(ours.preamble.contains("set_config('statement_timeout', '5500', true)"), "{}", ours.preamble);
        let alike = Settings::new(limit, Some("-c jit_above_cost=1 -c search_path=jit"));
        assert!(alike.at_login.contains("-c jit=off") && alike.preamble.contains("'jit'"));
        for options in ["-c Statement_Timeout=9", "-cstatement_timeout=9", "--statement-timeout=9 -c jit=on"] {
            let theirs = Settings::new(limit, Some(options));
            assert!(!theirs.at_login.contains("timeout") && !theirs.preamble.contains("timeout"), "{options}");
        }
    }
}
