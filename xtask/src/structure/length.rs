use std::fs;
use std::path::Path;

use syn::ItemMod;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::error::Error;
use crate::structure::paths::is_test_only;

/// The maximum number of lines of a file, without its test modules.
const MAX_LINES: usize = 400;

/// Returns a message for each file that is too long.
pub(super) fn check<'f>(workspace: &Path, files: impl Iterator<Item = &'f str>) -> Result<Vec<String>, Error> {
    let mut messages = Vec::new();
    for file in files {
        let path = workspace.join(file);
        let text = fs::read_to_string(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        let is_rust = path.extension().is_some_and(|extension| extension == "rs");
        let mut tests = TestModules::default();
        if is_rust {
            tests.visit_file(&syn::parse_file(&text).map_err(|source| Error::Parse { path, source })?);
        }
        let lines = text.lines().count().saturating_sub(tests.lines);
        if lines > MAX_LINES {
            let without = if is_rust { " without its test modules" } else { "" };
            messages.push(format!("{file} has {lines} lines{without}; split it into files of at most {MAX_LINES}"));
        }
    }
    Ok(messages)
}

/// How many lines the test modules in a file have.
#[derive(Default)]
struct TestModules {
    lines: usize,
}

impl Visit<'_> for TestModules {
    fn visit_item_mod(&mut self, module: &ItemMod) {
        match module.content {
            Some(_) if is_test_only(&module.attrs) => {
                let span = module.span();
                self.lines += span.end().line - span.start().line + 1;
            }
            _ => visit::visit_item_mod(self, module),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lines_of_test_modules_are_excluded() {
        let count = |text: &str| {
            let workspace = tempfile::tempdir().unwrap();
            fs::write(workspace.path().join("a.rs"), format!("{text}{}", "\n".repeat(1000))).unwrap();
            let messages = check(workspace.path(), ["a.rs"].into_iter()).unwrap();
            let lines = messages[0].strip_prefix("a.rs has ").unwrap().split(' ').next().unwrap();
            lines.parse::<usize>().unwrap() - 1000
        };
        assert_eq!(count("mod a;\n#[cfg(test)]\nmod tests;\n\nfn f() {}\n"), 5);
        assert_eq!(count("fn f() {}\n\n#[cfg(test)]\nmod tests {\n    fn g() {}\n}\n"), 2);
        assert_eq!(count("#[cfg(test)]\nmod tests {\n}\nfn f() {}\n#[cfg(test)]\nmod more {\n}\nfn g() {}\n"), 2);
        assert_eq!(count("fn f() {}\n/// Tests.\n#[cfg(test)]\n#[path = \"x\"]\nmod tests {\n}\n"), 1);
        assert_eq!(count("mod a {\n    #[cfg(test)]\n    pub(crate) mod tests {\n        mod b {}\n    }\n}\n"), 2);
    }

    #[test]
    fn all_lines_of_a_javascript_file_count() {
        let workspace = tempfile::tempdir().unwrap();
        fs::write(workspace.path().join("long.js"), "const a = require('a');\n".repeat(MAX_LINES + 1)).unwrap();
        let messages = check(workspace.path(), ["long.js"].into_iter()).unwrap();
        assert_eq!(messages, ["long.js has 401 lines; split it into files of at most 400"]);
    }

    #[test]
    fn check_reports_long_files() {
        let workspace = tempfile::tempdir().unwrap();
        fs::write(workspace.path().join("short.rs"), "\n".repeat(MAX_LINES)).unwrap();
        fs::write(workspace.path().join("long.rs"), "\n".repeat(MAX_LINES + 1)).unwrap();
        let messages = check(workspace.path(), ["short.rs", "long.rs"].into_iter()).unwrap();
        assert_eq!(messages, ["long.rs has 401 lines without its test modules; split it into files of at most 400"]);
    }
}
