//! The text of a connection string, taken apart: URL or key=value, both become the same named values.
//!
//! No error in here quotes a value, for it may be a password, or a part of one that ended up elsewhere.

use std::collections::BTreeMap;
use std::str::Chars;

use percent_encoding::percent_decode_str;

use crate::error::{Error, Result};

type Values = BTreeMap<String, String>;

/// The options of a connection string. Each is taken by its name; one that nobody takes is not understood.
pub(crate) struct Given {
    values: Values,
    known: Vec<&'static str>,
}

impl Given {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        if text.contains('\0') {
            return Err(malformed("it holds a NUL character"));
        }
        let url = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
        let values = match url {
            Some(url) => from_url(url)?,
            None => from_pairs(text)?,
        };
        Ok(Self { values, known: Vec::new() })
    }

    /// As in libpq, an empty value is none.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        self.take(name).filter(|value| !value.is_empty())
    }

    /// What the value stands for among the `choices`.
    pub(crate) fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Result<Option<T>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        match choices.iter().find(|(choice, _)| *choice == value) {
            Some((_, meaning)) => Ok(Some(*meaning)),
            None => {
                let choices: Vec<&str> = choices.iter().map(|(choice, _)| *choice).collect();
                Err(misfit(name, &choices.join(", ")))
            }
        }
    }

    /// How many of `unit`. As in libpq, zero and less stand for no limit, or the system's default.
    pub(crate) fn number(&mut self, name: &'static str, unit: &str) -> Result<Option<u32>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let number: i32 = value.parse().map_err(|_| misfit(name, &format!("a whole number of {unit}")))?;
        Ok(Some(u32::try_from(number).unwrap_or(0)))
    }

    pub(crate) fn refuse_the_rest(self) -> Result<()> {
        let Some(unknown) = self.values.into_keys().next() else { return Ok(()) };
        let similarity = |known: &&str| strsim::jaro_winkler(&unknown, known);
        let nearest = self.known.into_iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
        Err(Error::configuration(format!(
            "the connection string's option `{unknown}` is not known; the nearest that is: `{}`",
            nearest.unwrap_or_default()
        )))
    }

    fn take(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        self.values.remove(name)
    }
}

pub(crate) fn misfit(name: &str, takes: &str) -> Error {
    Error::configuration(format!("the value of the connection string's option `{name}` does not fit: it takes {takes}"))
}

fn malformed(why: &str) -> Error {
    Error::configuration(format!(
        "the connection string cannot be read: {why}. \
         Write postgres://user:password@host:5432/database, with @ in a part of it as %40, / as %2F, ? as %3F and \
         % as %25, or host=… port=… user=… password=… dbname=…, with 'quotes' around values that have spaces"
    ))
}

/// `[user[:password]@][host[:port][,…]][/database][?name=value[&…]]`, which followed the scheme.
fn from_url(url: &str) -> Result<Values> {
    let (authority, rest) = url.split_at(url.find(['/', '?']).unwrap_or(url.len()));
    let (credentials, hosts) = authority.split_once('@').unwrap_or(("", authority));
    if hosts.contains('@') || rest.contains('@') {
        return Err(malformed("an @ is out of place"));
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
            // The manual: "ssl=true are translated into sslmode=require", as JDBC has it.
            Some(("ssl", "true")) => ("sslmode", "require"),
            Some(pair) => pair,
            None => return Err(malformed("an option behind the ? has no =")),
        });
    }
    pairs.into_iter().map(|(name, value)| Ok((option_name(name)?, percent_decoded(value)?))).collect()
}

/// `a:1,[::1],c` as the lists that the options host and port take: `a,::1,c` and `1,,`.
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
        _ => Err(malformed("a percent-encoded character is NUL, or not UTF-8")),
    }
}

/// `name = value name = 'quoted value'`; in both kinds of value a backslash keeps the next character.
fn from_pairs(text: &str) -> Result<Values> {
    let mut values = Values::new();
    let mut rest = text.trim().chars();
    if rest.as_str().is_empty() {
        return Err(malformed("it is empty"));
    }
    while !rest.as_str().is_empty() {
        let pair = rest.as_str().split_once('=');
        let (name, behind) = pair.ok_or_else(|| malformed("it is no postgres:// URL, and an = is missing"))?;
        rest = behind.trim_start().chars();
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

/// What can name an option at all. The rest may be a piece of a password that was not quoted or encoded.
fn option_name(text: &str) -> Result<String> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err(malformed("the name of an option is due where there is none"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, String)> {
        Given::parse(text).unwrap().values.into_iter().collect()
    }

    fn same(text: &str, expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        assert_eq!(values(text), expected, "{text}");
    }

    #[test]
    fn both_forms_give_the_same_values() {
        let expected = [("dbname", "d b"), ("host", "h1,h2"), ("password", "p@'s\\"), ("port", "1,2"), ("user", "u")];
        same("postgres://u:p%40%27s%5c@h1:1,h2:2/d%20b", &expected);
        same(r"user = u password='p@\'s\\' host=h1,h2 port=1,2 dbname=d\ b", &expected);
    }

    #[test]
    fn every_part_of_a_url_may_be_missing() {
        same("postgresql://", &[]);
        same("postgres:///db", &[("dbname", "db")]);
        same("postgres://u@", &[("user", "u")]);
        same("postgres://h:5", &[("host", "h"), ("port", "5")]);
        same("postgres://a,[::1]:7,c", &[("host", "a,::1,c"), ("port", ",7,")]);
        same("postgres://%2Frun%2Fpg/db?", &[("dbname", "db"), ("host", "/run/pg")]);
        same("postgres:///db?host=/run/pg&port=6&", &[("dbname", "db"), ("host", "/run/pg"), ("port", "6")]);
        same("postgres://?ssl=true", &[("sslmode", "require")]);
        same("postgres://h?options=-c%20a%3Db=c", &[("host", "h"), ("options", "-c a=b=c")]);
    }

    #[test]
    fn the_last_of_several_counts() {
        same("postgres://h/db?host=i&dbname=d", &[("dbname", "d"), ("host", "i")]);
        same("host=a host=b", &[("host", "b")]);
    }

    #[test]
    fn what_is_neither_form_says_what_they_look_like() {
        for text in
            ["", "  ", "localhost:5432", "localhost", "mysql://u:x@h/d?a=b", "host=h port", "=h", "host='h", "h\0"]
        {
            let error = Given::parse(text).err().unwrap();
            assert!(error.to_string().contains("postgres://user:password@host"), "{text}: {error}");
        }
    }

    #[test]
    fn a_password_that_is_not_encoded_or_quoted_is_refused_and_never_quoted() {
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
            let error = Given::parse(text).err().unwrap_or_else(|| panic!("{text}"));
            let told = format!("{error} {error:?}");
            assert!(!told.contains("hun") && !told.contains("er2"), "{text}: {told}");
            assert!(told.contains("with @ in a part of it as %40") && told.contains("'quotes'"), "{text}: {told}");
        }
    }

    #[test]
    fn what_nobody_takes_is_named_with_its_nearest_neighbour() {
        let mut given = Given::parse("host=h sslmod=require").unwrap();
        for name in ["host", "sslmode", "sslkey"] {
            given.text(name);
        }
        let error = given.refuse_the_rest().unwrap_err().to_string();
        assert!(error.contains("`sslmod`") && error.contains("`sslmode`"), "{error}");
        assert!(!error.contains("require"), "{error}");
    }
}
