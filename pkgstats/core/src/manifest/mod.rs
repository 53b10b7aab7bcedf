//! A `package.json` as it really is: every field is optional and may have an unexpected type.

mod bin;
mod engines;
mod entry;
mod exports;
mod fields;
mod license;
mod module_format;
mod person;
mod repository;
mod types;
mod web;

use serde_json::{Map, Value};

use entry::Entry;
use fields::{pairs, text};
pub use license::License;
pub use module_format::ModuleFormat;
pub use person::Person;
pub use repository::{Host, Repository};
pub use types::Types;

/// What a `package.json` says, cleaned of unexpected types.
///
/// A field of the wrong type is read as far as it makes sense, and is empty otherwise. Reading never fails.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    /// The package's name, as published.
    pub name: Option<String>,
    /// The version, as published.
    pub version: Option<String>,
    /// One line about the package.
    pub description: Option<String>,
    /// Keywords, without empty ones.
    pub keywords: Vec<String>,
    /// The license, if one is given.
    pub license: Option<License>,
    /// The repository, if its address can be turned into a web address.
    pub repository: Option<Repository>,
    /// The home page, if it is an `http` or `https` address.
    pub homepage: Option<String>,
    /// The author.
    pub author: Option<Person>,
    /// The maintainers, as the registry lists them.
    pub maintainers: Vec<Person>,
    /// Why the version is deprecated. `Some("")` if no reason is given.
    pub deprecated: Option<String>,
    /// Requirements such as `node` to `>=18`.
    pub engines: Vec<(String, String)>,
    /// Names of the commands that the package installs.
    pub bin: Vec<String>,
    /// `dependencies`, name to range.
    pub dependencies: Vec<(String, String)>,
    /// `peerDependencies`, name to range.
    pub peer_dependencies: Vec<(String, String)>,
    /// `optionalDependencies`, name to range.
    pub optional_dependencies: Vec<(String, String)>,
    /// `devDependencies`, name to range.
    pub dev_dependencies: Vec<(String, String)>,
    entry: Entry,
}

impl Manifest {
    /// Reads a manifest from JSON text. Text that is not a JSON object gives `None`.
    #[must_use]
    pub fn from_slice(json: &[u8]) -> Option<Self> {
        let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
        match serde_json::from_slice(json).ok()? {
            Value::Object(object) => Some(Self::from_object(&object)),
            _ => None,
        }
    }

    /// Reads a manifest from a JSON object, such as one version of a packument.
    #[must_use]
    pub fn from_object(object: &Map<String, Value>) -> Self {
        let dependencies = |field: &str| pairs(object.get(field));
        Self {
            name: text(object, "name"),
            version: text(object, "version"),
            description: text(object, "description"),
            keywords: keywords(object.get("keywords")),
            license: license::read(object),
            repository: repository::read(object.get("repository")),
            homepage: homepage(object.get("homepage")),
            author: object.get("author").and_then(person::read),
            maintainers: person::read_all(object.get("maintainers")),
            deprecated: deprecated(object.get("deprecated")),
            engines: engines::read(object.get("engines")),
            bin: bin::read(object.get("bin"), object.get("name")),
            dependencies: dependencies("dependencies"),
            peer_dependencies: dependencies("peerDependencies"),
            optional_dependencies: dependencies("optionalDependencies"),
            dev_dependencies: dependencies("devDependencies"),
            entry: Entry {
                main: object.get("main").and_then(Value::as_str).map(str::to_owned),
                module: text(object, "module"),
                types: text(object, "types").or_else(|| text(object, "typings")),
                is_module: object.get("type").and_then(Value::as_str) == Some("module"),
                exports: object.get("exports").filter(|exports| !exports.is_null()).cloned(),
            },
        }
    }

    /// Returns the module format of what an import of the package loads, or `None` if it holds no JavaScript.
    ///
    /// `files` are the paths of the package's files, if they are known: without them, a package of types only looks like
    /// CommonJS unless its `main` is empty.
    #[must_use]
    pub fn module_format(&self, files: Option<&[String]>) -> Option<ModuleFormat> {
        module_format::of(&self.entry, files)
    }

    /// Returns whether the package has types of its own.
    ///
    /// `files` are the paths of the package's files, if they are known: with them, a declaration beside `main` counts too.
    #[must_use]
    pub fn types(&self, files: Option<&[String]>) -> Types {
        types::of(&self.entry, files)
    }
}

fn keywords(value: Option<&Value>) -> Vec<String> {
    let words: Vec<&str> = match value {
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(words)) if words.contains(',') => words.split(',').collect(),
        Some(Value::String(words)) => words.split_whitespace().collect(),
        _ => Vec::new(),
    };
    words.into_iter().map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn homepage(value: Option<&Value>) -> Option<String> {
    let address = match value? {
        Value::String(address) => address,
        Value::Array(list) => list.iter().find_map(Value::as_str)?,
        Value::Object(object) => object.get("url")?.as_str()?,
        _ => return None,
    };
    web::address(address)
}

/// npm writes the reason; some registries write `true`, and an empty text takes a deprecation back.
fn deprecated(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(reason) if !reason.trim().is_empty() => Some(reason.trim().to_owned()),
        Value::Bool(true) => Some(String::new()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
