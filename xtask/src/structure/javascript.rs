use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::error::Error;
use crate::structure::graph::Graph;

/// Returns which files of an npm package import which: those in its folder, and those in `lib`.
pub(super) fn graph(workspace: &Path, package: &Path) -> Result<Graph, Error> {
    let mut graph = Graph::default();
    let mut files = Vec::new();
    collect(package, false, &mut files)?;
    collect(&package.join("lib"), true, &mut files)?;
    let name = |path: &Path| path.strip_prefix(workspace).unwrap_or(path).to_string_lossy().into_owned();
    for file in &files {
        graph.add_file(&name(file));
        let text = fs::read_to_string(file).map_err(|source| Error::Read { path: file.clone(), source })?;
        for (used, specifier) in text.lines().filter_map(import) {
            let target = resolve(file, specifier);
            if let Some(target) = files.iter().find(|file| target.contains(file)) {
                graph.add_import(&name(file), &name(target), used);
            }
        }
    }
    Ok(graph)
}

fn collect(folder: &Path, is_recursive: bool, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() && is_recursive {
            collect(&path, true, files)?;
        } else if path.extension().is_some_and(|extension| ["cjs", "js", "mjs"].iter().any(|js| extension == *js)) {
            files.push(path);
        }
    }
    Ok(())
}

/// Returns what a line of code imports from another file of the package, and the specifier of that file.
fn import(line: &str) -> Option<(&str, &str)> {
    let code = line.trim();
    if ["//", "/*", "*"].iter().any(|comment| code.starts_with(comment)) {
        return None;
    }
    let (before, after) = ["require(", "import(", " from ", "import "].iter().find_map(|keyword| {
        let (before, after) = code.split_once(keyword)?;
        after.starts_with(['\'', '"']).then_some((before, after))
    })?;
    let specifier = after[1..].split(['\'', '"']).next().filter(|specifier| specifier.starts_with('.'))?;
    let names =
        ["const ", "let ", "var ", "import ", "export "].iter().find_map(|keyword| before.strip_prefix(keyword));
    let names = names.unwrap_or_default().split('=').next().unwrap_or_default();
    let names = names.trim_matches(|c: char| c.is_whitespace() || "{}".contains(c));
    Some((if names.is_empty() { specifier } else { names }, specifier))
}

/// Returns the files that a specifier in `importer` may stand for.
fn resolve(importer: &Path, specifier: &str) -> [PathBuf; 3] {
    let mut path = importer.parent().map(Path::to_owned).unwrap_or_default();
    for component in Path::new(specifier).components() {
        match component {
            Component::ParentDir => drop(path.pop()),
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    let with_extension = PathBuf::from(format!("{}.js", path.display()));
    [path.clone(), with_extension, path.join("index.js")]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycles(files: &[(&str, &str)]) -> Vec<String> {
        let workspace = tempfile::tempdir().unwrap();
        let package = workspace.path().join("package");
        fs::create_dir_all(package.join("lib/inner")).unwrap();
        for (file, text) in files {
            fs::write(package.join(file), text).unwrap();
        }
        let graph = graph(workspace.path(), &package).unwrap();
        assert_eq!(graph.files().count(), files.len());
        graph.cycles()
    }

    #[test]
    fn a_package_without_a_cycle_has_none() {
        let files = [
            ("index.js", "module.exports = require('./lib/store');\n"),
            ("lib/store.js", "const { a, b } = require('./inner/a.js');\nconst fs = require('node:fs');\n"),
            ("lib/inner/a.js", "// Like require('../store').\n/**\n * @param {import('../store')} store\n */\n"),
        ];
        assert_eq!(cycles(&files), [""; 0]);
    }

    #[test]
    fn requires_and_imports_make_cycles() {
        let files = [
            ("index.js", "module.exports = require('./lib/store');\n"),
            ("lib/store.js", "const { a, b } = require('./inner/a');\n"),
            ("lib/inner/a.js", "import { Store } from '../store.js';\n"),
            ("lib/b.js", "const c = () => require('./c');\n"),
            ("lib/c.js", "require('./b');\n"),
        ];
        let expected = [
            "  package/lib: b.js → c.js (uses c) → b.js (uses ./b)",
            "  package/lib: inner/a.js → store.js (uses Store) → inner/a.js (uses a, b)",
        ];
        assert_eq!(cycles(&files), expected);
    }
}
