//! The address of the registry in the user's npm configuration.
//!
//! `npm config get registry` starts Node, which takes half a second; this reads what it reads, in the same order: the
//! environment, the project's `.npmrc`, the user's `.npmrc`. Only the address is read, never a token.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The registry of the environment, of the project or of the user.
pub(crate) fn registry() -> Option<String> {
    from(&|name| env::var(name).ok(), env::current_dir().ok().as_deref())
}

fn from(variable: &dyn Fn(&str) -> Option<String>, project: Option<&Path>) -> Option<String> {
    let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    if let Some(registry) = set("npm_config_registry").or_else(|| set("NPM_CONFIG_REGISTRY")) {
        return Some(registry);
    }
    let home = set("HOME").or_else(|| set("USERPROFILE")).map(|home| PathBuf::from(home).join(".npmrc"));
    let user = set("npm_config_userconfig").or_else(|| set("NPM_CONFIG_USERCONFIG")).map(PathBuf::from).or(home);
    let project = project.map(|folder| folder.join(".npmrc"));
    [project, user].into_iter().flatten().find_map(|file| read(&fs::read_to_string(file).ok()?, variable))
}

/// Returns the value of the last line `registry = …` before the first section.
fn read(npmrc: &str, variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let lines = npmrc.lines().map(str::trim).take_while(|line| !line.starts_with('['));
    let values = lines.filter_map(|line| line.split_once('=')).filter(|(key, _)| key.trim() == "registry");
    let value = values.last()?.1.trim().trim_matches(['"', '\'']);
    Some(expand(value, variable)).filter(|value| !value.is_empty())
}

/// Replaces `${NAME}`. An unset variable stays as it is, as in npm.
fn expand(value: &str, variable: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, name, after)) =
        rest.split_once("${").and_then(|(before, tail)| tail.split_once('}').map(|(name, after)| (before, name, after)))
    {
        out.push_str(before);
        out.push_str(&variable(name).unwrap_or_else(|| format!("${{{name}}}")));
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{from, read};

    fn none(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn npmrc_lines_are_read_as_npm_reads_them() {
        let text = "; comment\n# registry=https://no.example/\nregistry = \"https://a.example/npm/\"\n@x:registry=https://b.example\n";
        assert_eq!(read(text, &none).as_deref(), Some("https://a.example/npm/"));
        assert_eq!(
            read("registry=https://${HOST}/${NO}", &|name| (name == "HOST").then(|| "h".to_owned())).as_deref(),
            Some("https://h/${NO}")
        );
        assert_eq!(read("//a.example/:_authToken=secret\n[section]\nregistry=https://no.example/", &none), None);
    }

    #[test]
    fn the_environment_comes_before_the_project_and_the_project_before_the_user() {
        let folder = tempfile::tempdir().unwrap();
        let (project, home) = (folder.path().join("project"), folder.path().join("home"));
        for (folder, registry) in [(&project, "https://project.example/"), (&home, "https://user.example/")] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join(".npmrc"), format!("registry={registry}\n")).unwrap();
        }
        let home_only = |name: &str| (name == "HOME").then(|| home.to_str().unwrap().to_owned());
        let set = |name: &str| match name {
            "npm_config_registry" => Some("https://environment.example/".to_owned()),
            _ => home_only(name),
        };
        assert_eq!(from(&set, Some(&project)).as_deref(), Some("https://environment.example/"));
        assert_eq!(from(&home_only, Some(&project)).as_deref(), Some("https://project.example/"));
        assert_eq!(from(&home_only, Some(folder.path())).as_deref(), Some("https://user.example/"));
        assert_eq!(from(&none, None), None);
    }
}
