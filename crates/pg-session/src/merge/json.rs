//! JSON as a tree whose nodes borrow their text.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::value::RawValue;

use super::strings::{replace_surrogates, unescape};
use super::tokens::Tokens;

/// The deepest nesting that `serde_json` reads. Deeper arrays and objects are treated as one value.
pub(super) const MAX_DEPTH: usize = 127;

/// Up to this many members, a linear search is faster than a map.
const MAX_LINEAR: usize = 16;

/// A value and its text.
pub(super) struct Node<'a> {
    pub(super) text: &'a str,
    pub(super) kind: Kind<'a>,
    hash: OnceCell<u64>,
}

pub(super) enum Kind<'a> {
    Object(Object<'a>),
    Array(Vec<Node<'a>>),
    /// An array or object nested deeper than [`MAX_DEPTH`].
    Deep,
    String,
    Number,
    /// `null`, `true`, `false`, or text that is not JSON.
    Literal,
}

/// The members in their order. The last of duplicate keys wins, as in `jsonb` and JavaScript.
#[derive(Default)]
pub(super) struct Object<'a> {
    pub(super) members: Vec<Member<'a>>,
    /// The positions of the members after the first [`MAX_LINEAR`].
    positions: HashMap<Name<'a>, usize>,
}

pub(super) struct Member<'a> {
    pub(super) name: Name<'a>,
    /// The name as written in the text, with quotes and escapes.
    pub(super) key: &'a str,
    pub(super) value: Node<'a>,
}

/// The characters of a name, as [`unescape`] returns them.
pub(super) type Name<'a> = Cow<'a, [u8]>;

impl<'a> Node<'a> {
    /// Parses the text in one pass. The recursion ends at [`MAX_DEPTH`].
    pub(super) fn parse(text: &'a str) -> Self {
        let text = text.trim();
        let mut tokens = Tokens::new(text);
        match (serde_json::from_str::<&RawValue>(text), tokens.next()) {
            (Ok(_), Some(first)) => Self::read(&mut tokens, first, 0),
            _ => Self::new(text, Kind::Literal),
        }
    }

    fn new(text: &'a str, kind: Kind<'a>) -> Self {
        Self { text, kind, hash: OnceCell::new() }
    }

    fn read(tokens: &mut Tokens<'a>, (start, token): (usize, &'a str), depth: usize) -> Self {
        let kind = match token.as_bytes()[0] {
            b'{' | b'[' if depth == MAX_DEPTH => {
                tokens.skip_container();
                Kind::Deep
            }
            b'{' => Kind::Object(Object::read(tokens, depth + 1)),
            b'[' => {
                let mut items = Vec::new();
                while let Some(first) = tokens.next()
                    && first.1 != "]"
                {
                    if first.1 != "," {
                        items.push(Self::read(tokens, first, depth + 1));
                    }
                }
                Kind::Array(items)
            }
            b'"' => Kind::String,
            b'-' | b'0'..=b'9' => Kind::Number,
            _ => Kind::Literal,
        };
        Self::new(tokens.text_from(start), kind)
    }

    pub(super) fn object(&self) -> Option<&Object<'a>> {
        match &self.kind {
            Kind::Object(object) => Some(object),
            _ => None,
        }
    }

    /// Returns a hash that is equal for any two values that some reader cannot tell apart.
    pub(super) fn hash(&self) -> u64 {
        *self.hash.get_or_init(|| match &self.kind {
            Kind::Object(object) => object.members.iter().fold(0, |sum, member| {
                sum.wrapping_add(hash_of((replace_surrogates(Cow::Borrowed(&member.name)), member.value.hash())))
            }),
            Kind::Array(items) => hash_of(items.iter().map(Self::hash).collect::<Vec<_>>()),
            Kind::String => hash_of(replace_surrogates(unescape(self.text))),
            Kind::Number => match self.text.parse::<f64>() {
                // Adding 0.0 turns -0.0 into 0.0.
                Ok(float) if float.is_finite() => hash_of((float + 0.0).to_bits()),
                _ => hash_of("null"),
            },
            Kind::Deep => hash_of("null"),
            Kind::Literal => hash_of(self.text),
        })
    }
}

fn hash_of(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl<'a> Object<'a> {
    fn read(tokens: &mut Tokens<'a>, depth: usize) -> Self {
        let mut object = Self::default();
        while let Some((_, key)) = tokens.next()
            && key != "}"
        {
            if key == "," {
                continue;
            }
            let _colon = tokens.next();
            let Some(first) = tokens.next() else { break };
            object.insert(Member { name: unescape(key), key, value: Node::read(tokens, first, depth) });
        }
        object
    }

    fn insert(&mut self, member: Member<'a>) {
        match self.position(&member.name) {
            Some(position) => self.members[position].value = member.value,
            None => {
                if self.members.len() >= MAX_LINEAR {
                    self.positions.insert(member.name.clone(), self.members.len());
                }
                self.members.push(member);
            }
        }
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&Node<'a>> {
        self.position(name).map(|position| &self.members[position].value)
    }

    pub(super) fn position(&self, name: &[u8]) -> Option<usize> {
        let among_first = self.members.iter().take(MAX_LINEAR).position(|member| *member.name == *name);
        among_first.or_else(|| self.positions.get(name).copied())
    }
}

/// Returns whether two JSON texts are the same value, regardless of the order of keys, of white space and of escapes in
/// strings. Numbers are equal only if their texts are.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one == other || Node::parse(one) == Node::parse(other)
}

/// Compares values, regardless of the order of keys and of escapes in strings. Numbers are equal only if their texts are:
/// a client may have changed `1.0` to `1` on purpose.
impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
            || match (&self.kind, &other.kind) {
                (Kind::Object(one), Kind::Object(other)) => one == other,
                (Kind::Array(one), Kind::Array(other)) => one == other,
                (Kind::Deep, Kind::Deep) => same_tokens(self.text, other.text, same_scalar),
                (Kind::String, Kind::String) => same_scalar(self.text, other.text),
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
    one == other || one.starts_with('"') && other.starts_with('"') && unescape(one) == unescape(other)
}

/// Returns whether both texts have the same tokens in the same order. `same` compares two tokens.
pub(super) fn same_tokens(one: &str, other: &str, same: impl Fn(&str, &str) -> bool) -> bool {
    let tokens = |text| Tokens::new(text).map(|(_, token)| token);
    let mut others = tokens(other);
    tokens(one).all(|token| others.next().is_some_and(|other| same(token, other))) && others.next().is_none()
}
