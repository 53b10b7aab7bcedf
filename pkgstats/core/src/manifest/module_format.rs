//! ES modules, CommonJS or both.

use std::fmt;

use super::entry::Entry;
use super::exports::{Via, is_declaration, root_targets};

/// The module format of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModuleFormat {
    /// ES modules only.
    Esm,
    /// CommonJS only.
    CommonJs,
    /// Both: a build for each.
    Both,
}

impl fmt::Display for ModuleFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Esm => "ESM",
            Self::CommonJs => "CommonJS",
            Self::Both => "ESM and CommonJS",
        })
    }
}

pub(super) fn of(entry: &Entry, files: Option<&[String]>) -> Option<ModuleFormat> {
    if holds_no_javascript(entry, files) {
        return None;
    }
    let mut found = Found::default();
    if let Some(exports) = &entry.exports {
        for target in root_targets(exports) {
            found.add(entry, target.path, target.via);
        }
    }
    if !found.any() {
        found.add(entry, entry.main.as_deref().unwrap_or("index.js"), Via::Any);
        if entry.module.is_some() {
            found.esm = true;
        }
    }
    match (found.esm, found.commonjs) {
        (true, true) => Some(ModuleFormat::Both),
        (true, false) => Some(ModuleFormat::Esm),
        (false, true) => Some(ModuleFormat::CommonJs),
        (false, false) => None,
    }
}

#[derive(Default)]
struct Found {
    esm: bool,
    commonjs: bool,
}

impl Found {
    fn any(&self) -> bool {
        self.esm || self.commonjs
    }

    /// The ending decides first, as in Node; then the condition, because a build for `import` often lies in a folder with
    /// a `package.json` of its own; then `type`.
    fn add(&mut self, entry: &Entry, path: &str, via: Via) {
        let ending = path.rsplit('/').next().and_then(|file| file.rsplit_once('.')).map(|(_, ending)| ending);
        match (via, ending) {
            (Via::Types, _) | (_, Some("json" | "css" | "wasm" | "node")) => {}
            (_, Some("mjs" | "mts")) => self.esm = true,
            (_, Some("cjs" | "cts")) => self.commonjs = true,
            (Via::Import, _) => self.esm = true,
            (Via::Require, _) => self.commonjs = true,
            (Via::Any, _) if entry.is_module => self.esm = true,
            (Via::Any, _) => self.commonjs = true,
        }
    }
}

fn holds_no_javascript(entry: &Entry, files: Option<&[String]>) -> bool {
    // DefinitelyTyped publishes `"main": ""`.
    if entry.main.as_deref() == Some("") && entry.exports.is_none() && entry.module.is_none() {
        return true;
    }
    const ENDINGS: [&str; 8] = [".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".node"];
    let is_code = |file: &String| {
        let loads = ENDINGS.iter().any(|ending| file.ends_with(ending));
        loads && !is_declaration(file)
    };
    files.is_some_and(|files| !files.iter().any(is_code))
}
