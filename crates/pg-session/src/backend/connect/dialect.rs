//! Translates what other clients call an option, and sorts out what means nothing here.

use std::collections::BTreeMap;

use super::names::{ALIASES, IGNORED, OWN, REFUSED, SETTINGS, USED};
use super::syntax::{Pair, malformed};
use crate::error::{Error, Result};

/// How many letters may differ in a name for a suggestion.
const MAX_DISTANCE: usize = 2;

/// The values of a connection string by libpq's names. The last of several values with the same name wins.
pub(super) type Values = BTreeMap<String, String>;

/// Translates the options of a connection string. Logs one warning that names those without a meaning here.
///
/// No error quotes a name that is not in `names`: it may be a piece of a password that is not quoted or encoded.
pub(super) fn translate(pairs: Vec<Pair>) -> Result<Values> {
    let mut values = Values::new();
    let mut settings = Vec::new();
    let mut ignored = Vec::new();
    let mut ssl = None;
    let mut previous = None;
    for (name, value) in pairs {
        let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| (*name).to_owned());
        if let Some((name, instead)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            return Err(Error::configuration(format!("the connection string has `{name}`: {instead}")));
        } else if let Some(name) = IGNORED.iter().find(|ignored| **ignored == name) {
            ignored.push(*name);
        } else if let Some(setting) = SETTINGS.iter().find(|setting| **setting == name) {
            settings.push(session_setting(setting, &value)?);
        } else if ["endpoint", "project"].contains(&name.as_str()) {
            // Where Neon looks for the name of a database server if the client sends no host name with TLS.
            settings.push(format!("{name}={}", escaped(&value)));
        } else if name == "ssl" {
            ssl = Some(sslmode(value));
        } else if name == "uselibpqcompat" {
            if value != "true" {
                let why = "`uselibpqcompat` must be true: this client always reads sslmode as libpq does";
                return Err(Error::configuration(format!("invalid connection string: {why}")));
            }
        } else if USED.iter().any(|(used, _)| *used == name) || OWN.contains(&name.as_str()) {
            let value = value_of(&name, value);
            values.insert(name.clone(), value);
        } else {
            return Err(unknown(&name, previous));
        }
        previous = known(&name);
    }
    if let Some(mode) = ssl {
        values.entry("sslmode".to_owned()).or_insert(mode);
    }
    if !settings.is_empty() {
        settings.extend(values.remove("options"));
        values.insert("options".to_owned(), settings.join(" "));
    }
    if !ignored.is_empty() {
        let names = ignored.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        tracing::warn!("ignored in the connection string, because it concerns other clients only: {names}");
    }
    Ok(values)
}

/// Reads the values of JDBC, where they differ.
fn value_of(name: &str, value: String) -> String {
    match (name, value.as_str()) {
        ("keepalives", "true") => "1".to_owned(),
        ("keepalives", "false") => "0".to_owned(),
        ("load_balance_hosts", "true") => "random".to_owned(),
        ("load_balance_hosts", "false") => "disable".to_owned(),
        ("target_session_attrs", "master") => "primary".to_owned(),
        _ => value,
    }
}

/// The `ssl` of JDBC and node-postgres, and of asyncpg, which takes an sslmode there.
fn sslmode(value: String) -> String {
    match value.as_str() {
        "true" | "1" | "on" | "yes" => "require".to_owned(),
        "false" | "0" | "off" | "no" => "disable".to_owned(),
        _ => value,
    }
}

fn session_setting(name: &str, value: &str) -> Result<String> {
    if value.is_empty() || !value.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(malformed(&format!("`{name}` must be a time such as 5000 or 5s")));
    }
    Ok(format!("-c {name}={value}"))
}

/// Escapes a value within `options`.
fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace(' ', r"\ ")
}

/// Returns the name if it is a known one, which is safe to quote.
fn known(name: &str) -> Option<&'static str> {
    names().find(|known| *known == name)
}

fn names() -> impl Iterator<Item = &'static str> {
    USED.iter().map(|(name, _)| *name).chain(OWN).chain(SETTINGS).chain(IGNORED).chain(["ssl", "uselibpqcompat"])
}

fn unknown(name: &str, previous: Option<&str>) -> Error {
    let position = match previous {
        Some(previous) => format!("after `{previous}`"),
        None => "at the beginning".to_owned(),
    };
    let near = USED.iter().map(|(name, _)| *name).chain(["ssl"]);
    let near = near.map(|known| (strsim::osa_distance(name, known), known)).min();
    let advice = match near {
        Some((distance, known)) if distance <= MAX_DISTANCE.min(known.len() / 3) => format!("did you mean `{known}`?"),
        _ => "docs/connection-strings.md lists all options".to_owned(),
    };
    malformed(&format!(
        "unknown option {position}; {advice} If it is a part of the value before it, encode or quote that"
    ))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn translated(pairs: &[(&str, &str)]) -> Result<Vec<(String, String)>> {
        translate(pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect())
            .map(|values| values.into_iter().collect())
    }

    fn assert_values(pairs: &[(&str, &str)], expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        assert_eq!(translated(pairs).unwrap(), expected, "{pairs:?}");
    }

    #[test]
    fn other_names_are_understood() {
        assert_values(&[("ssl", "true")], &[("sslmode", "require")]);
        assert_values(&[("ssl", "false")], &[("sslmode", "disable")]);
        assert_values(&[("ssl", "verify-full")], &[("sslmode", "verify-full")]);
        assert_values(&[("sslmode", "verify-full"), ("ssl", "true")], &[("sslmode", "verify-full")]);
        assert_values(&[("uselibpqcompat", "true"), ("ssl-ca", "f")], &[("sslrootcert", "f")]);
        assert_values(&[("tcpKeepAlive", "true"), ("username", "u")], &[("keepalives", "1"), ("user", "u")]);
        assert_values(
            &[("options", "-c a=b"), ("statement_timeout", "5s"), ("endpoint", "e x")],
            &[("options", r"-c statement_timeout=5s endpoint=e\ x -c a=b")],
        );
        assert!(translated(&[("uselibpqcompat", "false")]).is_err());
        assert!(translated(&[("statement_timeout", "5 -c x=y")]).is_err());
    }

    #[test]
    fn an_unknown_option_is_located_without_a_quote() {
        for (pairs, expected) in [
            (&[("host", "h"), ("sslmod", "x")][..], "after `host`; did you mean `sslmode`?"),
            (&[("pasword", "hunter2")], "at the beginning; did you mean `password`?"),
            (&[("password", "hun"), ("ter2", "x")], "after `password`; docs/connection-strings.md lists"),
            (&[("connection_limits", "1")], "docs/connection-strings.md"),
            (&[("sslpassword", "hunter2")], "`sslpassword`: set sslkey to a file without a passphrase"),
        ] {
            let error = translated(pairs).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("ter2") && !error.contains("sslmod`"), "{error}");
        }
    }

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn one_warning_names_all_that_is_ignored_and_no_value() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            let pairs = ["connection_limit", "pgbouncer", "schema", "supa", "statement_cache_size"];
            assert_values(&pairs.map(|name| (name, "hunter2")), &[("pgbouncer", "hunter2")]);
            assert_values(&[("host", "h")], &[("host", "h")]);
        });
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert_eq!(log.lines().count(), 1, "{log}");
        assert!(log.ends_with("`connection_limit`, `schema`, `supa`, `statement_cache_size`\n"), "{log}");
        assert!(log.contains("WARN") && !log.contains("hunter2"), "{log}");
    }

    #[test]
    fn every_name_is_in_one_list() {
        let mut all: Vec<&str> =
            names().chain(REFUSED.map(|(name, _)| name)).chain(ALIASES.map(|(name, _)| name)).collect();
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]), "{all:?}");
        assert!(ALIASES.iter().all(|(_, name)| USED.iter().any(|(used, _)| used == name)));
    }

    /// The parameters of libpq in PostgreSQL 18, in the order of its manual.
    const LIBPQ: &str = "host hostaddr port dbname user password passfile require_auth channel_binding connect_timeout \
        client_encoding options application_name fallback_application_name keepalives keepalives_idle keepalives_interval \
        keepalives_count tcp_user_timeout replication gssencmode sslmode sslnegotiation sslcompression sslcert sslkey \
        sslkeylogfile sslpassword sslcertmode sslrootcert sslcrl sslcrldir sslsni requirepeer ssl_min_protocol_version \
        ssl_max_protocol_version min_protocol_version max_protocol_version krbsrvname gsslib gssdelegation scram_client_key \
        scram_server_key service target_session_attrs load_balance_hosts oauth_issuer oauth_client_id oauth_client_secret \
        oauth_scope";

    /// Returns the rows of the tables below this heading: name, what is done with it, and the next column.
    fn documented(heading: &str) -> Vec<(&'static str, &'static str, &'static str)> {
        let page = include_str!("../../../../../docs/connection-strings.md");
        let section = page.split_once(heading).expect(heading).1.split("\n## ").next().unwrap();
        let rows = section.lines().filter(|line| line.starts_with("| `"));
        rows.map(|row| {
            let mut cells = row.split('|').skip(1).map(|cell| cell.trim().trim_matches('`'));
            (cells.next().unwrap(), cells.next().unwrap(), cells.next().unwrap())
        })
        .collect()
    }

    /// Returns what the code does with a name.
    fn class(name: &str) -> &'static str {
        let is_used = USED.iter().any(|(used, _)| *used == name)
            || ALIASES.iter().any(|(alias, _)| *alias == name)
            || SETTINGS.contains(&name)
            || OWN.contains(&name)
            || ["ssl", "uselibpqcompat", "endpoint", "project"].contains(&name);
        match name {
            _ if is_used => "used",
            _ if IGNORED.contains(&name) => "ignored",
            _ if REFUSED.iter().any(|(refused, _)| *refused == name) => "refused",
            _ => "unknown",
        }
    }

    #[test]
    fn the_documentation_lists_every_parameter_with_what_is_done() {
        let libpq = documented("## Every parameter of libpq");
        let mut names: Vec<&str> = LIBPQ.split_whitespace().collect();
        names.sort_unstable();
        assert_eq!(libpq.iter().map(|(name, ..)| *name).collect::<Vec<_>>(), names);
        let others = documented("## Parameters of other clients");
        for (name, documented, _) in libpq.iter().chain(&others) {
            assert_eq!(class(name), *documented, "{name}");
            // What the code really does. An empty value is checked later.
            match (translated(&[(name, "1")]), *documented) {
                (Ok(values), "ignored") => assert!(values.is_empty(), "{name}"),
                (Ok(values), "used") => assert_eq!(values.len(), 1, "{name}"),
                (Err(_), "refused") => {}
                // Its only value is `true`.
                (Err(_), "used") if *name == "uselibpqcompat" => {}
                (result, _) => panic!("{name} is {documented}, and gave {result:?}"),
            }
        }
        for (name, _, variable) in libpq {
            let used = USED.iter().find(|(used, _)| *used == name).map_or("", |(_, variable)| *variable);
            assert_eq!(used, variable, "{name}");
        }
        let documented: Vec<&str> = others.iter().map(|(name, ..)| *name).collect();
        let known = super::names().chain(REFUSED.map(|(name, _)| name)).chain(ALIASES.map(|(name, _)| name));
        for name in known.filter(|name| !LIBPQ.split_whitespace().any(|libpq| libpq == *name)) {
            assert!(documented.contains(&name), "{name} is not in docs/connection-strings.md");
        }
    }
}
