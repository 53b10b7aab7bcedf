//! The manifests of `module-replacements`.

use std::collections::BTreeMap;
use std::io::Read;

use serde::Deserialize;

use crate::import::item::Item;
use crate::replacement::{Replacement, ReplacementKind};

#[derive(Deserialize)]
struct Manifest {
    mappings: BTreeMap<String, Mapping>,
    replacements: BTreeMap<String, Recommended>,
}

#[derive(Deserialize)]
struct Mapping {
    replacements: Vec<String>,
    url: Option<Url>,
}

#[derive(Deserialize)]
struct Recommended {
    #[serde(rename = "type")]
    kind: String,
    description: Option<String>,
    url: Option<Url>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Url {
    Address(String),
    Known {
        #[serde(rename = "type")]
        site: String,
        id: String,
    },
}

/// Calls `each` for all packages that can be replaced.
pub(crate) fn each_replacement(reader: impl Read, each: &mut dyn FnMut(Item)) -> Result<(), serde_json::Error> {
    let Manifest { mappings, replacements } = serde_json::from_reader(reader)?;
    for (name, mapping) in mappings {
        let first = mapping.replacements.first().and_then(|id| replacements.get(id));
        // A kind that a later release adds is left out.
        let Some(kind) = first.and_then(|first| ReplacementKind::of(&first.kind)) else { continue };
        let url = first.and_then(|first| first.url.as_ref()).or(mapping.url.as_ref()).and_then(address);
        let description = first.and_then(|first| first.description.clone());
        let instead = match kind {
            ReplacementKind::Native | ReplacementKind::Documented => mapping.replacements,
            ReplacementKind::Simple | ReplacementKind::Removal => Vec::new(),
        };
        each(Item::Replacement(name, Replacement { kind, instead, description, url }));
    }
    Ok(())
}

fn address(url: &Url) -> Option<String> {
    match url {
        Url::Address(address) => Some(address.clone()),
        Url::Known { site, id } => match &**site {
            "mdn" => Some(format!("https://developer.mozilla.org/docs/{id}")),
            "node" => Some(format!("https://nodejs.org/{id}")),
            "e18e" => Some(format!("https://e18e.dev/docs/replacements/{id}.html")),
            _ => None,
        },
    }
}
