//! The forms of a connection string: URLs, `name=value` pairs, and a socket's path. All become named values.
//!
//! No error in this file quotes the string: any part of it may be a password, or a piece of one.

use std::str::Chars;

use percent_encoding::percent_decode_str;

use crate::error::{Error, Result};

/// The name of an option, and its value.
pub(super) type Pair = (String, String);

/// The schemes of URLs for PostgreSQL, also before a `+` and the name of a driver.
const SCHEMES: [&str; 5] = ["postgres", "postgresql", "postgis", "pgsql", "psql"];

/// Removes what people paste around a connection string: white space, quotes, and the command `psql`.
pub(super) fn bare(text: &str) -> &str {
    // Editors of Windows put a byte order mark before a text.
    let text = text.trim_start_matches('\u{feff}').trim();
    let text = text.strip_prefix("psql ").unwrap_or(text).trim();
    let unquoted = ['"', '\''].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    unquoted.unwrap_or(text).trim()
}

/// Parses a connection string of any form.
pub(super) fn parse(text: &str) -> Result<Vec<Pair>> {
    if text.contains('\0') {
        return Err(malformed("it contains a NUL character"));
    }
    let text = text.strip_prefix("jdbc:").unwrap_or(text);
    if let Some((scheme, url)) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) {
        let family = scheme.split('+').next().unwrap_or_default();
        return if SCHEMES.iter().any(|known| family.eq_ignore_ascii_case(known)) {
            from_url(url)
        } else {
            Err(malformed("its scheme is not postgres"))
        };
    }
    // As node-postgres takes the path of a socket.
    let path = text.strip_prefix("socket:").unwrap_or(text);
    if path.starts_with('/') {
        let (folder, query) = path.split_once('?').unwrap_or((path, ""));
        let (folder, dbname) = folder.split_once(' ').unwrap_or((folder, ""));
        let mut pairs = vec![("host".to_owned(), percent_decoded(folder)?), ("dbname".to_owned(), dbname.to_owned())];
        pairs.retain(|(_, value)| !value.is_empty());
        pairs.extend(from_query(query)?);
        return Ok(pairs);
    }
    from_pairs(text)
}

fn is_scheme(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._".contains(&b))
}

pub(super) fn malformed(why: &str) -> Error {
    Error::configuration(format!(
        "invalid connection string: {why}. \
         Write postgres://user:password@host:5432/database, with @ inside a part written as %40, / as %2F, ? as %3F \
         and % as %25, or host=… port=… user=… password=… dbname=…, with 'quotes' around values that contain spaces"
    ))
}

/// Parses what follows the scheme: `[user[:password]@][host[:port][,…]][/database][?name=value[&…]]`.
fn from_url(url: &str) -> Result<Vec<Pair>> {
    let (credentials, rest) = credentials(url)?;
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    let (hosts, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (hosts, ports) = hosts_and_ports(hosts)?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let dbname = path.strip_prefix('/').unwrap_or(path);

    let pairs = [
        ("user", literal_or_decoded(user)?),
        ("password", literal_or_decoded(password)?),
        ("host", percent_decoded(&hosts)?),
        ("port", percent_decoded(&ports)?),
        ("dbname", percent_decoded(dbname)?),
    ];
    let given = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    let mut pairs: Vec<Pair> = given.map(|(name, value)| (name.to_owned(), value)).collect();
    pairs.extend(from_query(query)?);
    Ok(pairs)
}

/// Splits off the credentials, in which special characters may be left unencoded as long as only one reading is possible.
fn credentials(url: &str) -> Result<(&str, &str)> {
    let end = url.find(['/', '?']).unwrap_or(url.len());
    let (authority, rest) = url.split_at(end);
    let path = rest.split('?').next().unwrap_or_default();
    match authority.rsplit_once('@') {
        Some(_) if path.contains('@') => Err(malformed("unexpected @")),
        Some((credentials, hosts)) => Ok((credentials, &url[url.len() - hosts.len() - rest.len()..])),
        // `user:pass/word@host`: what follows the colon is no port, so that the slash or question mark is the password's.
        None if rest.contains('@') && !has_numeric_ports(authority) => match url.rsplit_once('@') {
            Some((credentials, rest)) if !credentials.contains('@') => Ok((credentials, rest)),
            _ => Err(malformed("unexpected @")),
        },
        None if path.contains('@') => Err(malformed("unexpected @")),
        None => Ok(("", url)),
    }
}

/// Returns whether this can be a list of hosts with ports.
fn has_numeric_ports(authority: &str) -> bool {
    let is_port = |port: &str| port.bytes().all(|b| b.is_ascii_digit());
    hosts_and_ports(authority).is_ok_and(|(_, ports)| ports.split(',').all(is_port))
}

/// Parses `name=value[&…]`.
fn from_query(query: &str) -> Result<Vec<Pair>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').ok_or_else(|| malformed("an option after the ? has no ="))?;
            Ok((option_name(name)?, percent_decoded(value)?))
        })
        .collect()
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

/// Decodes a user or a password, or returns it as it is if it contains a % that is no escape.
fn literal_or_decoded(text: &str) -> Result<String> {
    if is_percent_encoded(text) { percent_decoded(text) } else { Ok(text.to_owned()) }
}

fn is_percent_encoded(text: &str) -> bool {
    let mut escapes = text.split('%').skip(1);
    escapes.all(|rest| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2)
}

fn percent_decoded(text: &str) -> Result<String> {
    if !is_percent_encoded(text) {
        return Err(malformed("a % is not followed by two hexadecimal digits"));
    }
    match percent_decode_str(text).decode_utf8() {
        Ok(decoded) if !decoded.contains('\0') => Ok(decoded.into_owned()),
        _ => Err(malformed("a percent-encoded character is NUL or not UTF-8")),
    }
}

/// Parses `name = value name = 'quoted value'`. In both kinds of value, a backslash escapes the next character.
fn from_pairs(text: &str) -> Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    let mut rest = text.trim().chars();
    if rest.as_str().is_empty() {
        return Err(malformed("it is empty"));
    }
    while !rest.as_str().is_empty() {
        let pair = rest.as_str().split_once('=');
        let (name, value) = pair.ok_or_else(|| malformed("it is not a postgres:// URL, and an = is missing"))?;
        rest = value.trim_start().chars();
        pairs.push((option_name(name.trim_end())?, pair_value(&mut rest)?));
        rest = rest.as_str().trim_start().chars();
    }
    Ok(pairs)
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
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b)) {
        return Err(malformed("expected the name of an option"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_values(text: &str, expected: &[(&str, &str)]) {
        let mut values = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        values.sort();
        let expected: Vec<_> = expected.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        assert_eq!(values, expected, "{text}");
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
        assert_values("postgres://?ssl=true", &[("ssl", "true")]);
        assert_values("postgres://h?options=-c%20a%3Db=c", &[("host", "h"), ("options", "-c a=b=c")]);
        assert_values("postgres:///d?user=a@b", &[("dbname", "d"), ("user", "a@b")]);
    }

    #[test]
    fn schemes_and_paths_of_other_clients_are_understood() {
        for scheme in
            ["postgres", "postgresql", "postgresql+asyncpg", "postgis", "jdbc:postgresql", "POSTGRES", "pgsql"]
        {
            assert_values(&format!("{scheme}://h/d"), &[("dbname", "d"), ("host", "h")]);
        }
        assert_values("socket:/run/pg?db=d", &[("db", "d"), ("host", "/run/pg")]);
        assert_values("/run/pg d", &[("dbname", "d"), ("host", "/run/pg")]);
        for text in [
            " postgres://h\n",
            "\u{feff}postgres://h",
            "\"postgres://h\"",
            "'postgres://h'",
            "psql postgres://h",
            "psql \"postgres://h\" ",
        ] {
            assert_eq!(bare(text), "postgres://h");
        }
    }

    #[test]
    fn special_characters_of_a_password_may_be_unencoded_if_only_one_reading_is_possible() {
        for password in ["p#w", "p@w", "p@@", "p/w", "p?w", "p?w=1", "p%w", "%", "100%", "p:w"] {
            let expected = [("dbname", "d"), ("host", "h"), ("password", password), ("port", "5"), ("user", "u")];
            assert_values(&format!("postgres://u:{password}@h:5/d"), &expected);
        }
        for text in ["u:7/w@h/d", "u:p@w/x@h/d", "u:p@h/d@e", "h:5/d@e", "u:p/w@h/d?user=a@b", "u:/w@h/d"] {
            let error = parse(&format!("postgres://{text}")).err().unwrap_or_else(|| panic!("{text}"));
            assert!(error.to_string().contains("unexpected @"), "{text}: {error}");
        }
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
}
