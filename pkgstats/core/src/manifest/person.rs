//! People: `Name <mail> (address)` or an object. Mail addresses are not kept.

use serde_json::Value;

use super::web;

/// An author or a maintainer. Mail addresses are not kept, so that no page can offer them to harvesters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The user name at the registry, or the full name.
    pub name: String,
    /// The person's web address, if it is `http` or `https`.
    pub url: Option<String>,
}

pub(super) fn read(value: &Value) -> Option<Person> {
    let (name, url) = match value {
        Value::String(text) => {
            let end = text.find(['<', '(']).unwrap_or(text.len());
            let url = text.split_once('(').and_then(|(_, rest)| rest.split(')').next());
            (&text[..end], url)
        }
        Value::Object(object) => {
            let field = |name: &str| object.get(name).and_then(Value::as_str);
            (field("name").or_else(|| field("username"))?, field("url"))
        }
        _ => return None,
    };
    let name = name.trim();
    (!name.is_empty()).then(|| Person { name: name.to_owned(), url: url.and_then(web::address) })
}

pub(super) fn read_all(value: Option<&Value>) -> Vec<Person> {
    match value {
        Some(Value::Array(people)) => people.iter().filter_map(read).collect(),
        Some(person) => read(person).into_iter().collect(),
        None => Vec::new(),
    }
}
