use std::fs;
use std::path::Path;

use crate::error::Error;

/// The maximum number of lines of a file, without its test module.
const MAX_LINES: usize = 400;

/// Returns a message for each file that is too long.
pub(super) fn check<'f>(workspace: &Path, files: impl Iterator<Item = &'f str>) -> Result<Vec<String>, Error> {
    let mut messages = Vec::new();
    for file in files {
        let path = workspace.join(file);
        let text = fs::read_to_string(&path).map_err(|source| Error::Read { path, source })?;
        let lines = lines_before_tests(&text);
        if lines > MAX_LINES {
            messages.push(format!(
                "{file} has {lines} lines without its tests; split it into files of at most {MAX_LINES}"
            ));
        }
    }
    Ok(messages)
}

fn lines_before_tests(text: &str) -> usize {
    let lines: Vec<_> = text.lines().collect();
    let is_test_module =
        |pair: &[&str]| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{');
    lines.windows(2).position(is_test_module).unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_before_tests_excludes_only_the_test_module() {
        assert_eq!(lines_before_tests("mod a;\n#[cfg(test)]\nmod tests;\n\nfn f() {}\n"), 5);
        assert_eq!(lines_before_tests("fn f() {}\n\n#[cfg(test)]\nmod tests {\n    fn g() {}\n}\n"), 2);
    }

    #[test]
    fn check_reports_long_files() {
        let workspace = tempfile::tempdir().unwrap();
        fs::write(workspace.path().join("short.rs"), "\n".repeat(MAX_LINES)).unwrap();
        fs::write(workspace.path().join("long.rs"), "\n".repeat(MAX_LINES + 1)).unwrap();
        let messages = check(workspace.path(), ["short.rs", "long.rs"].into_iter()).unwrap();
        assert_eq!(messages, ["long.rs has 401 lines without its tests; split it into files of at most 400"]);
    }
}
