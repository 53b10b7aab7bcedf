//! Reads large JSON values entry by entry.

use std::fmt;
use std::io::Read;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};

/// Calls `each` for all entries of an object, without keeping them.
pub(crate) fn each_entry<V: DeserializeOwned>(
    reader: impl Read,
    each: &mut dyn FnMut(String, V),
) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_reader(reader);
    json.deserialize_map(Entries { each, value: PhantomData })?;
    json.end()
}

/// Calls `each` for all elements of an array, without keeping them.
pub(crate) fn each_element<V: DeserializeOwned>(
    reader: impl Read,
    each: &mut dyn FnMut(V),
) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_reader(reader);
    json.deserialize_seq(Elements { each, value: PhantomData })?;
    json.end()
}

struct Entries<'a, V> {
    each: &'a mut dyn FnMut(String, V),
    value: PhantomData<V>,
}

impl<'de, V: Deserialize<'de>> Visitor<'de> for Entries<'_, V> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((name, value)) = map.next_entry()? {
            (self.each)(name, value);
        }
        Ok(())
    }
}

struct Elements<'a, V> {
    each: &'a mut dyn FnMut(V),
    value: PhantomData<V>,
}

impl<'de, V: Deserialize<'de>> Visitor<'de> for Elements<'_, V> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element()? {
            (self.each)(element);
        }
        Ok(())
    }
}
