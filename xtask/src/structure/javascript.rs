use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::error::Error;
use crate::structure::graph::Graph;
use crate::structure::javascript_tokens::{Token, tokens};

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
        for (used, specifier) in imports(&tokens(&text)) {
            let target = resolve(file, &specifier);
            if let Some(target) = files.iter().find(|file| target.contains(file)) {
                graph.add_import(&name(file), &name(target), &used);
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

/// Returns what the code imports from other files of the package, and the specifiers of those files.
fn imports(tokens: &[Token]) -> Vec<(String, String)> {
    let import = |(at, token): (usize, &Token)| {
        let Token::Text(specifier) = token else { return None };
        let names = match &tokens[..at] {
            [before @ .., Token::Word(call), Token::Punct('(')] if ["import", "require"].contains(&call.as_str()) => {
                assigned(before)
            }
            [before @ .., Token::Word(from)] if from == "from" => declared(before),
            [.., Token::Word(import)] if import == "import" => &[],
            _ => return None,
        };
        let words = names.iter().filter_map(|token| match token {
            Token::Word(word) => Some(word.as_str()),
            _ => None,
        });
        let names = words.collect::<Vec<_>>().join(", ");
        let is_own = specifier.starts_with('.');
        is_own.then(|| (if names.is_empty() { specifier.clone() } else { names }, specifier.clone()))
    };
    tokens.iter().enumerate().filter_map(import).collect()
}

/// Returns the name or the pattern that the next expression is assigned to, or nothing.
fn assigned(before: &[Token]) -> &[Token] {
    let is = |at: usize, among: &str| matches!(before.get(at), Some(Token::Punct(punct)) if among.contains(*punct));
    // Not a comparison or an arrow.
    let is_assignment = |at: &usize| is(*at, "=") && !is(at + 1, "=>") && (*at == 0 || !is(at - 1, "=!<>"));
    let Some(equals) = (0..before.len()).rev().take_while(|at| !is(*at, ";")).find(is_assignment) else { return &[] };
    if before[equals..].iter().any(|token| matches!(token, Token::Text(_))) {
        return &[];
    }
    let is_open = |token: &Token| *token == Token::Punct('{');
    let start = if equals > 0 && is(equals - 1, "}") {
        before[..equals].iter().rposition(is_open)
    } else {
        equals.checked_sub(1)
    };
    start.map_or(&[], |start| &before[start..equals])
}

/// Returns what is between the last `import` or `export` and the end.
fn declared(before: &[Token]) -> &[Token] {
    let is_start = |token: &Token| matches!(token, Token::Word(word) if word == "import" || word == "export");
    before.iter().rposition(is_start).map_or(&[], |start| &before[start + 1..])
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

    #[test]
    fn every_form_of_code_counts() {
        let cycle = ["  package/lib: a.js → b.js (uses b) → a.js (uses ./a.js)"];
        let forms = [
            "const fs = require('fs'), b = require('./b');",
            "const { x } = require('./x.js'); const b = require('./b');",
            "const b = require(\n  './b');",
            "const b = require(\n  // the path\n  `./b`,\n);",
            "f(\n  2\n  * g('/*'), b = require('./b'));",
            "/* one */ const b = require('./b');",
            "const quote = /[/\"]'/, b = require('./b');",
            "const path = `//${{ '}': '`' }}`, b = require('./b');",
            "import {\n  b,\n} from './b.js';",
            "export { b } from './b.js';",
        ];
        for form in forms {
            assert_eq!(cycles(&[("lib/a.js", form), ("lib/b.js", "require('./a.js');")]), cycle, "{form}");
        }
    }

    #[test]
    fn text_does_not_count() {
        let texts = [
            "/*\n const b = require('./b');\n*/",
            "const x = 1; // require('./b')",
            "const x = \"require('./b')\";",
            "const x = `\n require('./b')\n`;",
            "const x = 4 / 2; // ' require('./b')",
            "const x = /require('.\\/b')/;",
            "const x = required('./b');",
        ];
        for text in texts {
            assert_eq!(cycles(&[("lib/a.js", text), ("lib/b.js", "require('./a.js');")]), [""; 0], "{text}");
        }
    }
}
