//! The two forms of a connection string, a URL and `name=value` pairs. Both become the same named values.
//!
//! No error in this file quotes the string: any part of it may be a password, or a piece of one.

use std::collections::BTreeMap;
use std::str::Chars;

use percent_encoding::percent_decode_str;

use crate::error::{Error, Result};

/// The values of a connection string by their names. The last of several values with the same name wins.
pub(super) type Values = BTreeMap<String, String>;

/// Parses a connection string of either form.
pub(super) fn parse(text: &str) -> Result<Values> {
    if text.contains('\0') {
        return Err(malformed("it contains a NUL character"));
    }
    match text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://")) {
        Some(url) => from_url(url),
        None => from_pairs(text),
    }
}

fn malformed(why: &str) -> Error {
    Error::configuration(format!(
        "invalid connection string: {why}. \
         Write postgres://user:password@host:5432/database, with @ inside a part written as %40, / as %2F, ? as %3F \
         and % as %25, or host=… port=… user=… password=… dbname=…, with 'quotes' around values that contain spaces"
    ))
}

/// Parses what follows the scheme: `[user[:password]@][host[:port][,…]][/database][?name=value[&…]]`.
fn from_url(url: &str) -> Result<Values> {
    let (authority, rest) = url.split_at(url.find(['/', '?']).unwrap_or(url.len()));
    let (credentials, hosts) = authority.split_once('@').unwrap_or(("", authority));
    if hosts.contains('@') || rest.contains('@') {
        return Err(malformed("unexpected @"));
    }
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    let (hosts, ports) = hosts_and_ports(hosts)?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let dbname = path.strip_prefix('/').unwrap_or(path);

    let mut pairs =
        vec![("user", user), ("password", password), ("host", &hosts), ("port", &ports), ("dbname", dbname)];
    pairs.retain(|(_, value)| !value.is_empty());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        pairs.push(match pair.split_once('=') {
            // As in libpq, the option of JDBC.
            Some(("ssl", "true")) => ("sslmode", "require"),
            Some(pair) => pair,
            None => return Err(malformed("an option after the ? has no =")),
        });
    }
    pairs.into_iter().map(|(name, value)| Ok((option_name(name)?, percent_decoded(value)?))).collect()
}

/// Splits `a:1,[::1],c` into the values of the options host and port: `a,::1,c` and `1,,`.
fn hosts_and_ports(text: &str) -> Result<(String, String)> {
    let mut hosts = Vec::new();
    let mut ports = Vec::new();
    for part in text.split(',') {
        let (host, port) = match part.strip_prefix('[') {
            Some(part) => part.split_once(']').ok_or_else(|| malformed("a [ in the host has no ]"))?,
            None => part.split_at(part.find(':').unwrap_or(part.len())),
        };
        hosts.push(host);
        ports.push(port.strip_prefix(':').unwrap_or(port));
    }
    let ports = if ports.iter().all(|port| port.is_empty()) { String::new() } else { ports.join(",") };
    Ok((hosts.join(","), ports))
}

fn percent_decoded(text: &str) -> Result<String> {
    let escapes = text.split('%').skip(1);
    if !escapes.clone().all(|rest| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2) {
        return Err(malformed("a % is not followed by two hexadecimal digits"));
    }
    match percent_decode_str(text).decode_utf8() {
        Ok(decoded) if !decoded.contains('\0') => Ok(decoded.into_owned()),
        _ => Err(malformed("a percent-encoded character is NUL or not UTF-8")),
    }
}

/// Parses `name = value name = 'quoted value'`. In both kinds of value, a backslash escapes the next character.
fn from_pairs(text: &str) -> Result<Values> {
    let mut values = Values::new();
    let mut rest = text.trim().chars();
    if rest.as_str().is_empty() {
        return Err(malformed("it is empty"));
    }
    while !rest.as_str().is_empty() {
        let pair = rest.as_str().split_once('=');
        let (name, value) = pair.ok_or_else(|| malformed("it is not a postgres:// URL, and an = is missing"))?;
        rest = value.trim_start().chars();
        values.insert(option_name(name.trim_end())?, pair_value(&mut rest)?);
        rest = rest.as_str().trim_start().chars();
    }
    Ok(values)
}

fn pair_value(rest: &mut Chars<'_>) -> Result<String> {
    let quoted = rest.as_str().starts_with('\'');
    if quoted {
        rest.next();
    }
    let mut value = String::new();
    loop {
        match rest.next() {
            Some('\'') if quoted => return Ok(value),
            Some(c) if c.is_whitespace() && !quoted => return Ok(value),
            Some('\\') => value.extend(rest.next()),
            Some(c) => value.push(c),
            None if quoted => return Err(malformed("a quoted value has no end")),
            None => return Ok(value),
        }
    }
}

/// Returns the name of an option, if the text can be one. Otherwise it may be a piece of a password that is not quoted or
/// encoded.
fn option_name(text: &str) -> Result<String> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err(malformed("expected the name of an option"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, String)> {
        parse(text).unwrap().into_iter().collect()
    }

    fn assert_values(text: &str, expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        assert_eq!(values(text), expected, "{text}");
    }

    #[test]
    fn both_forms_give_the_same_values() {
        let expected = [("dbname", "d b"), ("host", "h1,h2"), ("password", "p@'s\\"), ("port", "1,2"), ("user", "u")];
        assert_values("postgres://u:p%40%27s%5c@h1:1,h2:2/d%20b", &expected);
        assert_values(r"user = u password='p@\'s\\' host=h1,h2 port=1,2 dbname=d\ b", &expected);
    }

    #[test]
    fn every_part_of_a_url_may_be_missing() {
        assert_values("postgresql://", &[]);
        assert_values("postgres:///db", &[("dbname", "db")]);
        assert_values("postgres://u@", &[("user", "u")]);
        assert_values("postgres://h:5", &[("host", "h"), ("port", "5")]);
        assert_values("postgres://a,[::1]:7,c", &[("host", "a,::1,c"), ("port", ",7,")]);
        assert_values("postgres://%2Frun%2Fpg/db?", &[("dbname", "db"), ("host", "/run/pg")]);
        assert_values("postgres:///db?host=/run/pg&port=6&", &[("dbname", "db"), ("host", "/run/pg"), ("port", "6")]);
        assert_values("postgres://?ssl=true", &[("sslmode", "require")]);
        assert_values("postgres://h?options=-c%20a%3Db=c", &[("host", "h"), ("options", "-c a=b=c")]);
    }

    #[test]
    fn the_last_of_several_values_wins() {
        assert_values("postgres://h/db?host=i&dbname=d", &[("dbname", "d"), ("host", "i")]);
        assert_values("host=a host=b", &[("host", "b")]);
    }

    #[test]
    fn an_error_shows_both_forms() {
        for text in
            ["", "  ", "localhost:5432", "localhost", "mysql://u:x@h/d?a=b", "host=h port", "=h", "host='h", "h\0"]
        {
            let error = parse(text).err().unwrap();
            assert!(error.to_string().contains("postgres://user:password@host"), "{text}: {error}");
        }
    }

    #[test]
    fn an_error_never_quotes_a_password() {
        for text in [
            "postgres://u:hun@ter2@h/d",
            "postgres://u:hun/ter2@h/d",
            "postgres://u:7/ter2@h/d",
            "postgres://u:hun?ter2@h/d",
            "postgres://u:hun?ter2=1@h/d",
            "postgres://u:hun%ter2@h/d",
            "postgres://u:hun%00ter2@h/d",
            "postgres://u:hun%ffter2@h/d",
            "host=h password=hun ter2",
            "host=h password=hun ter2 user=u",
            "host=h password=hun t#er2=u",
            "host=h password='hun'ter2'",
        ] {
            let error = parse(text).err().unwrap_or_else(|| panic!("{text}"));
            let message = format!("{error} {error:?}");
            assert!(!message.contains("hun") && !message.contains("er2"), "{text}: {message}");
            assert!(message.contains("with @ inside a part written as %40"), "{text}: {message}");
            assert!(message.contains("'quotes'"), "{text}: {message}");
        }
    }
}
