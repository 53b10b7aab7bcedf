//! JSON as a tree over its text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// As deep as serde_json goes. What is nested deeper is the same only to the byte, and is not merged but taken whole.
const MAX_DEPTH: usize = 128;

/// So few members are found faster one by one.
const FEW: usize = 16;

/// A value, with its text.
pub(super) struct Node<'a> {
    pub(super) text: &'a str,
    pub(super) kind: Kind<'a>,
}

pub(super) enum Kind<'a> {
    Object(Object<'a>),
    Array(Vec<Node<'a>>),
    Scalar,
}

/// The members in their order. Of a key that comes twice the last value counts, as in `jsonb` and JavaScript.
#[derive(Default)]
pub(super) struct Object<'a> {
    members: Vec<Member<'a>>,
    /// Of the members after the first few.
    places: HashMap<Name<'a>, usize>,
}

struct Member<'a> {
    name: Name<'a>,
    /// The name as it is written, quotes and all.
    key: &'a str,
    value: Node<'a>,
}

/// What a string says, or as it is written where it is no Unicode (`"\ud800"`).
pub(super) type Name<'a> = Result<Cow<'a, str>, &'a str>;

impl<'a> Node<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self::at(text.trim(), 0)
    }

    fn at(text: &'a str, depth: usize) -> Self {
        let kind = match text.as_bytes().first() {
            _ if depth >= MAX_DEPTH => None,
            Some(b'{') => {
                serde_json::from_str(text).ok().map(|Members(members)| Kind::Object(Object::of(members, depth)))
            }
            Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(text)
                .ok()
                .map(|items| Kind::Array(items.into_iter().map(|item| Self::at(item.get(), depth + 1)).collect())),
            _ => None,
        };
        Self { text, kind: kind.unwrap_or(Kind::Scalar) }
    }

    pub(super) fn object(&self) -> Option<&Object<'a>> {
        match &self.kind {
            Kind::Object(object) => Some(object),
            _ => None,
        }
    }
}

impl<'a> Object<'a> {
    fn of(members: Vec<(&'a RawValue, &'a RawValue)>, depth: usize) -> Self {
        let mut object = Self::default();
        for (key, value) in members {
            let (name, value) = (said(key.get()), Node::at(value.get(), depth + 1));
            match object.place(&name) {
                Some(place) => object.members[place].value = value,
                None => {
                    if object.members.len() >= FEW {
                        object.places.insert(name.clone(), object.members.len());
                    }
                    object.members.push(Member { name, key: key.get(), value });
                }
            }
        }
        object
    }

    pub(super) fn get(&self, name: &Name<'a>) -> Option<&Node<'a>> {
        self.place(name).map(|place| &self.members[place].value)
    }

    fn place(&self, name: &Name<'a>) -> Option<usize> {
        let few = self.members.iter().take(FEW).position(|member| member.name == *name);
        few.or_else(|| self.places.get(name).copied())
    }

    /// Each name, and how it is written.
    pub(super) fn members(&self) -> impl Iterator<Item = (&Name<'a>, &'a str)> {
        self.members.iter().map(|member| (&member.name, member.key))
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
            || match (&self.kind, &other.kind) {
                (Kind::Object(one), Kind::Object(other)) => one == other,
                (Kind::Array(one), Kind::Array(other)) => one == other,
                (Kind::Scalar, Kind::Scalar) => same_scalar(self.text, other.text),
                _ => false,
            }
    }
}

impl PartialEq for Object<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.members.len() == other.members.len()
            && self.members.iter().all(|member| other.get(&member.name) == Some(&member.value))
    }
}

fn same_scalar(one: &str, other: &str) -> bool {
    if one.starts_with('"') {
        return said(one) == said(other);
    }
    decimal(one).is_some_and(|one| Some(one) == decimal(other))
}

fn said(text: &str) -> Name<'_> {
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(plain) if !plain.contains('\\') => Ok(Cow::Borrowed(plain)),
        _ => serde_json::from_str(text).map(Cow::Owned).map_err(|_| text),
    }
}

/// A number as its sign, its digits without zeros at either end, and the power of ten of the last of them.
/// Exact: a float would take numbers for the same that are not.
fn decimal(text: &str) -> Option<(bool, String, i64)> {
    let (is_negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
    let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let significant = digits.trim_end_matches('0');
    let shift = i64::try_from(digits.len() - significant.len()).ok()? - i64::try_from(fraction.len()).ok()?;
    let power = power.parse::<i64>().ok()?.checked_add(shift)?;
    match significant.trim_start_matches('0') {
        "" => Some((false, String::new(), 0)),
        significant => Some((is_negative, significant.to_owned(), power)),
    }
}

/// What serde_json makes of an object when values are to stay text.
struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'a> Deserialize<'a> for Members<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'a> Visitor<'a> for Collect {
            type Value = Members<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Members<'a>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}
