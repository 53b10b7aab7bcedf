//! The content of a file, by its kind.

use std::collections::BTreeMap;
use std::io::BufRead;

use pkgstats_core::name::typed_package;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::import::fault::Fault;
use crate::import::item::Item;
use crate::import::json::{each_element, each_entry};
use crate::import::kind::Kind;
use crate::import::replacements::each_replacement;
use crate::import::slice::each_line;

/// Calls `each` for all items of a file.
pub(crate) fn parse(kind: Kind, reader: impl BufRead, each: &mut dyn FnMut(Item)) -> Result<(), Fault> {
    match kind {
        Kind::DownloadCounts => each_entry(reader, &mut |name, count| each(Item::Count(name, count)))?,
        Kind::PreviousDownloadCounts => each_entry(reader, &mut |name, count| each(Item::Previous(name, count)))?,
        Kind::AllThePackageNames => each_element(reader, &mut |name| each(Item::Name(name)))?,
        Kind::AllThePackageRepos => each_entry(reader, &mut |name, url: Option<String>| {
            if let Some(url) = url {
                each(Item::Repository(name, url));
            }
        })?,
        Kind::TypesRegistry => each_types(reader, each)?,
        Kind::ModuleReplacements => each_replacement(reader, each)?,
        Kind::NpmHighImpact => each_dependent(reader, each)?,
        Kind::Slice => each_line(reader, each)?,
    }
    Ok(())
}

#[derive(Deserialize)]
struct TypesRegistry {
    entries: BTreeMap<String, IgnoredAny>,
}

fn each_types(reader: impl BufRead, each: &mut dyn FnMut(Item)) -> Result<(), Fault> {
    let registry: TypesRegistry = serde_json::from_reader(reader)?;
    for types in registry.entries.into_keys() {
        if let Some(name) = typed_package(&format!("@types/{types}")) {
            each(Item::Types(name));
        }
    }
    Ok(())
}

/// Reads an array of JavaScript that has one string a line.
fn each_dependent(reader: impl BufRead, each: &mut dyn FnMut(Item)) -> Result<(), Fault> {
    let mut position = 0;
    for (index, line) in reader.lines().enumerate() {
        let line = line?;
        match line.trim() {
            "" | "]" | "];" => {}
            text if text.starts_with("export ") => {}
            text => {
                let quoted = text.trim_end_matches(',');
                let name = quoted.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
                let name = name.ok_or_else(|| Fault::at(index + 1, "expected a name in single quotes"))?;
                position += 1;
                each(Item::Dependents(name.to_owned(), position));
            }
        }
    }
    if position == 0 {
        return Err(Fault::at(1, "expected an array of names"));
    }
    Ok(())
}
