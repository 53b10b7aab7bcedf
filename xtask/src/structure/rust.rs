use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::slice;

use syn::{Item, ItemMod};

use crate::error::Error;
use crate::structure::graph::Graph;
use crate::structure::paths::{self, Segments, is_test_only, path_attribute};

/// The modules of a crate by their paths. The path of the root is empty. With `#[cfg]`, a module can have several files.
#[derive(Default)]
struct Modules(BTreeMap<Segments, Vec<Module>>);

struct Module {
    /// Relative to the workspace.
    file: String,
    /// The paths that its code contains.
    paths: Vec<Segments>,
}

/// Returns which files of a crate import which. `root` is its root file, relative to `workspace`.
pub(super) fn graph(workspace: &Path, root: &str) -> Result<Graph, Error> {
    let mut modules = Modules::default();
    modules.load(workspace, Path::new(root), Vec::new())?;
    let mut graph = Graph::default();
    for (path, module) in modules.0.iter().flat_map(|(path, files)| files.iter().map(move |file| (path, file))) {
        graph.add_file(&module.file);
        for (targets, name) in module.paths.iter().filter_map(|used| modules.resolve(path, used)) {
            targets.iter().for_each(|target| graph.add_import(&module.file, &target.file, &name));
        }
    }
    Ok(graph)
}

impl Modules {
    /// Parses a file, and the files of the modules that it declares.
    fn load(&mut self, workspace: &Path, file: &Path, module: Segments) -> Result<(), Error> {
        let path = workspace.join(file);
        let text = fs::read_to_string(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        let parsed = syn::parse_file(&text).map_err(|source| Error::Parse { path, source })?;
        let folder = match file.file_stem().and_then(|stem| stem.to_str()) {
            Some(stem) if stem != "mod" && !module.is_empty() => file.with_file_name(stem),
            _ => file.with_file_name(""),
        };
        self.add(workspace, file, folder, module, &parsed.items)
    }

    /// Adds a module and its descendants. `folder` contains the files of its children.
    fn add(
        &mut self,
        workspace: &Path,
        file: &Path,
        folder: PathBuf,
        module: Segments,
        items: &[Item],
    ) -> Result<(), Error> {
        for item in items {
            let Item::Mod(ItemMod { attrs, ident, content, .. }) = item else { continue };
            if is_test_only(attrs) {
                continue;
            }
            let name = ident.to_string();
            let child = [&module[..], slice::from_ref(&name)].concat();
            match content {
                Some((_, items)) => self.add(workspace, file, folder.join(name), child, items)?,
                None => {
                    let direct = match path_attribute(attrs) {
                        Some(path) => file.with_file_name(path),
                        None => folder.join(format!("{name}.rs")),
                    };
                    let file = if workspace.join(&direct).exists() { direct } else { folder.join(name).join("mod.rs") };
                    self.load(workspace, &file, child)?;
                }
            }
        }
        let file = file.to_string_lossy().into_owned();
        self.0.entry(module).or_default().push(Module { file, paths: paths::in_items(items) });
        Ok(())
    }

    /// Finds the files of the module that a path in `current` leads to, and the name that it uses there.
    fn resolve(&self, current: &[String], used: &[String]) -> Option<(&[Module], String)> {
        let mut module = current.to_vec();
        let mut rest = used;
        match rest.first()?.as_str() {
            "crate" => {
                module.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {}
            child => {
                if !self.0.contains_key(&[current, &[child.to_owned()]].concat()) {
                    return None;
                }
            }
        }
        while let [segment, further @ ..] = rest {
            if segment == "super" {
                module.pop();
            } else {
                module.push(segment.clone());
                if !self.0.contains_key(&module) {
                    module.pop();
                    break;
                }
            }
            rest = further;
        }
        let name = rest.first().or(module.last()).map_or("crate", String::as_str);
        Some((self.0.get(&module)?, name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the cycles in a crate of these files.
    fn cycles(files: &[(&str, &str)]) -> Vec<String> {
        let workspace = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = workspace.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let graph = graph(workspace.path(), files[0].0).unwrap();
        assert_eq!(graph.files().count(), files.len());
        graph.cycles()
    }

    #[test]
    fn a_crate_without_a_cycle_has_none() {
        let files = [
            ("src/lib.rs", "mod a; mod b; pub use a::{A, inner::Inner};"),
            ("src/a.rs", "pub mod inner; use crate::b::B; pub struct A(B);"),
            ("src/a/inner.rs", "use crate::b::{self, B as C}; pub struct Inner(C); fn f() -> b::B { b::B }"),
            (
                "src/b/mod.rs",
                "mod c; pub struct B; pub(crate) mod x { use super::B; } pub(in crate::b) fn f() { c::g() }",
            ),
            ("src/b/c.rs", "pub(super) fn g() { self::h() } fn h() {} mod i { fn j() { super::h() } }"),
        ];
        assert_eq!(cycles(&files), [""; 0]);
    }

    #[test]
    fn an_import_of_a_sibling_that_imports_back_is_a_cycle() {
        let files = [
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "use super::b::B; pub struct A(B);"),
            ("src/b.rs", "use crate::{a::{A, One}, std}; pub struct B(Box<A>);"),
        ];
        assert_eq!(cycles(&files), ["  src: a.rs → b.rs (uses B) → a.rs (uses A, One)"]);
    }

    #[test]
    fn an_import_through_a_re_export_of_the_parent_is_a_cycle() {
        let files = [
            ("src/main.rs", "mod a; mod error; use error::Error; fn main() { a::run(); }"),
            ("src/a.rs", "use crate::Error; pub fn run() {}"),
            ("src/error.rs", "pub struct Error;"),
        ];
        assert_eq!(cycles(&files), ["  src: a.rs → main.rs (uses Error) → a.rs (uses run)"]);
    }

    #[test]
    fn paths_outside_of_use_count() {
        let child = |text| cycles(&[("src/lib.rs", "mod a; pub use a::f; pub fn g() {}"), ("src/a.rs", text)]);
        let cycle = ["  src: a.rs → lib.rs (uses g) → a.rs (uses f)"];
        assert_eq!(child("pub fn f() { super::g() }"), cycle);
        assert_eq!(child("pub fn f() { println!(\"{}\", crate::g()) }"), cycle);
        assert_eq!(child("mod b { mod c { fn f() { super::super::super::g() } } }"), cycle);
        assert_eq!(child("macro_rules! f { () => { $crate::g() } }"), cycle);
        assert_eq!(child("pub fn f() { g::g(x::crate_) } // crate::g()"), [""; 0]);
    }

    #[test]
    fn test_code_does_not_count() {
        let files = [
            ("src/lib.rs", "mod a; #[cfg(test)] mod tests; pub use a::A; fn f() {}"),
            (
                "src/a.rs",
                "pub struct A; #[cfg(test)] mod tests { use super::super::f; } #[cfg(all(test, unix))] use crate::f;",
            ),
        ];
        assert_eq!(cycles(&files), [""; 0]);
    }

    #[test]
    fn a_path_attribute_names_the_file_of_a_module() {
        let files = [
            ("src/lib.rs", "mod a;"),
            ("src/a.rs", "#[path = \"b.rs\"] mod c; pub use c::C; pub struct A;"),
            ("src/b.rs", "pub struct C(super::A);"),
        ];
        assert_eq!(cycles(&files), ["  src: a.rs → b.rs (uses C) → a.rs (uses A)"]);
    }

    #[test]
    fn paths_in_attributes_count() {
        let child = |text| cycles(&[("src/lib.rs", "mod a; pub use a::A; pub fn g() {}"), ("src/a.rs", text)]);
        let cycle = ["  src: a.rs → lib.rs (uses g) → a.rs (uses A)"];
        assert_eq!(child("pub struct A { #[serde(default, with = \"crate::g\")] f: u8 }"), cycle);
        assert_eq!(child("#[cfg_attr(unix, serde(with = \"crate::g\"))] pub struct A;"), cycle);
        assert_eq!(child("pub struct A { #[arg(value_parser = crate::g)] f: u8 }"), cycle);
        assert_eq!(child("/// See [`g`](crate::g).\n#[doc = \"crate::g\"] pub struct A;"), [""; 0]);
        assert_eq!(child("pub struct A; fn f() { h!(\"crate::g\") }"), [""; 0]);
    }

    #[test]
    fn groups_in_macros_count() {
        let child = |text| cycles(&[("src/lib.rs", "mod a; pub use a::A; pub fn g() {}"), ("src/a.rs", text)]);
        let cycle = ["  src: a.rs → lib.rs (uses g) → a.rs (uses A)"];
        assert_eq!(child("f! { use crate::{a::A as B, g as h}; }"), cycle);
        assert_eq!(child("f! { use super::{a::{A, self}, {g}}; }"), cycle);
        assert_eq!(child("f! { x::{y; crate::g()} }"), cycle);
        assert_eq!(child("f! { use std::{g}; }"), [""; 0]);
    }

    #[test]
    fn every_file_of_a_module_counts() {
        let files = [
            (
                "src/lib.rs",
                "mod b; #[cfg(unix)] #[path = \"one.rs\"] mod a; #[cfg(windows)] #[path = \"two.rs\"] mod a;",
            ),
            ("src/b.rs", "use crate::a::A; pub struct B(A);"),
            ("src/one.rs", "use crate::b::B; pub struct A(B);"),
            ("src/two.rs", "use super::b::B; pub struct A(B);"),
        ];
        let expected =
            ["  src: b.rs → one.rs (uses A) → b.rs (uses B)", "  src: two.rs → b.rs (uses B) → two.rs (uses A)"];
        assert_eq!(cycles(&files), expected);
    }
}
