use serde_json::{Value, json};

use super::{Host, License, Manifest, ModuleFormat, Repository, Types};

fn manifest(value: Value) -> Manifest {
    let Value::Object(object) = value else { panic!("an object") };
    Manifest::from_object(&object)
}

fn format_of(value: Value) -> Option<ModuleFormat> {
    manifest(value).module_format(None)
}

#[test]
fn wrong_types_everywhere_leave_an_empty_manifest() {
    for wrong in [json!(null), json!(7), json!(true), json!([]), json!({}), json!([[[]]]), json!({"a": {"b": []}})] {
        let fields = [
            "name",
            "version",
            "description",
            "keywords",
            "license",
            "licenses",
            "repository",
            "homepage",
            "author",
            "maintainers",
            "engines",
            "bin",
            "dependencies",
            "peerDependencies",
            "main",
            "module",
            "types",
            "type",
        ];
        let object = fields.iter().map(|field| ((*field).to_owned(), wrong.clone())).collect();
        let read = Manifest::from_object(&object);
        assert_eq!(read, Manifest::default(), "{wrong}");
        assert_eq!(read.module_format(None), Some(ModuleFormat::CommonJs));
    }
    assert_eq!(Manifest::from_slice(b"[]"), None);
    assert_eq!(Manifest::from_slice(b"{"), None);
    assert_eq!(Manifest::from_slice(b"\xef\xbb\xbf{\"name\": \"a\"}").unwrap().name.as_deref(), Some("a"));
}

#[test]
fn licenses_in_every_shape_become_spdx() {
    let of = |value: Value| manifest(value).license.map(|license| (license.expression, license.is_spdx));
    let spdx = |text: &str| Some((text.to_owned(), true));
    assert_eq!(of(json!({"license": "ISC"})), spdx("ISC"));
    assert_eq!(of(json!({"license": {"type": "MIT", "url": "http://x"}})), spdx("MIT"));
    assert_eq!(of(json!({"licenses": [{"type": "MIT"}, {"type": "GPL-2.0"}]})), spdx("MIT OR GPL-2.0-only"));
    assert_eq!(of(json!({"license": "Apache 2.0"})), spdx("Apache-2.0"));
    assert_eq!(of(json!({"license": "(MIT OR CC0-1.0)"})), spdx("MIT OR CC0-1.0"));
    assert_eq!(of(json!({"license": "SEE LICENSE IN x"})), Some(("SEE LICENSE IN x".to_owned(), false)));
    assert_eq!(of(json!({"license": "UNLICENSED"})), Some(("UNLICENSED".to_owned(), false)));
    assert_eq!(of(json!({"license": ""})), None);
    let long = "(".repeat(100_000);
    assert_eq!(License::parse(&long).map(|license| license.is_spdx), Some(false));
}

#[test]
fn repositories_in_every_notation_become_one_web_address() {
    for text in [
        "https://github.com/koajs/koa",
        "http://www.github.com/koajs/koa/",
        "git://github.com/koajs/koa.git",
        "git+https://github.com/koajs/koa.git",
        "git+ssh://git@github.com/koajs/koa.git",
        "git@github.com:koajs/koa.git",
        "ssh://git@github.com:koajs/koa.git",
        "github:koajs/koa",
        "koajs/koa",
        "koajs/koa#main",
        "github.com/koajs/koa",
        "https://user:secret@github.com/koajs/koa#readme",
        "https://github.com/koajs/koa/issues",
    ] {
        let repository = Repository::parse(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(repository.url, "https://github.com/koajs/koa", "{text}");
        assert_eq!((repository.host, repository.owner()), (Some(Host::GitHub), Some("koajs")), "{text}");
    }
    let gitlab = Repository::parse("https://gitlab.com/group/sub/name/-/tree/main/packages/a").unwrap();
    assert_eq!((gitlab.url.as_str(), gitlab.owner()), ("https://gitlab.com/group/sub/name", Some("group/sub")));
    assert_eq!(Repository::parse("bitbucket:a/b").unwrap().host, Some(Host::Bitbucket));
    let own = Repository::parse("https://user:secret@git.example.org:8443/a/b.git").unwrap();
    assert_eq!((own.url.as_str(), own.host, own.owner()), ("https://git.example.org:8443/a/b", None, None));
    for text in ["", "javascript:alert(1)", "file:///etc/passwd", "none", "https://github.com/", "a b/c", "../x"] {
        assert_eq!(Repository::parse(text), None, "{text}");
    }
}

#[test]
fn the_folder_of_a_monorepo_comes_from_the_field_or_from_the_address() {
    let of = |value: Value| manifest(json!({ "repository": value })).repository.unwrap().directory;
    let url = "https://github.com/facebook/react";
    assert_eq!(of(json!({"url": url, "directory": "packages/react"})).as_deref(), Some("packages/react"));
    assert_eq!(of(json!({"url": url, "directory": "./packages//react/"})).as_deref(), Some("packages/react"));
    assert_eq!(of(json!({"url": url, "directory": "../../x"})), None);
    assert_eq!(of(json!(format!("{url}/tree/main/packages/react"))).as_deref(), Some("packages/react"));
    assert_eq!(of(json!([{"url": url}])), None);
}

#[test]
fn module_formats_follow_exports_endings_and_type() {
    use ModuleFormat::{Both, CommonJs, Esm};
    assert_eq!(format_of(json!({})), Some(CommonJs));
    assert_eq!(format_of(json!({"type": "module"})), Some(Esm));
    assert_eq!(format_of(json!({"main": "a.mjs"})), Some(Esm));
    assert_eq!(format_of(json!({"main": "a.js", "module": "b.js"})), Some(Both));
    assert_eq!(format_of(json!({"type": "module", "main": "a.cjs"})), Some(CommonJs));
    let axios = json!({"type": "module", "exports": {".": {"types": {"require": "./a.d.cts", "default": "./a.d.ts"},
        "default": {"require": "./dist/node/axios.cjs", "default": "./index.js"}}}});
    assert_eq!(format_of(axios), Some(Both));
    let d3 = json!({"type": "module", "exports": {"umd": "./dist/d3-array.min.js", "default": "./src/index.js"}});
    assert_eq!(format_of(d3), Some(Esm));
    let react = json!({"exports": {".": {"react-server": "./a.js", "default": "./index.js"}, "./package.json": "./p"}});
    assert_eq!(format_of(react), Some(CommonJs));
    let wrapped = json!({"exports": {"import": "./dist/esm/index.js", "require": "./dist/index.js"}});
    assert_eq!(format_of(wrapped), Some(Both));
    assert_eq!(format_of(json!({"main": "", "types": "index.d.ts"})), None);
    let deep = format!("{{\"exports\": {}\"./a.js\"{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(Manifest::from_slice(deep.as_bytes()), None, "nested deeper than serde_json reads");
}

#[test]
fn types_are_declared_or_lie_beside_the_code() {
    let files = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
    assert_eq!(manifest(json!({"typings": "a.d.ts"})).types(None), Types::Own);
    assert_eq!(manifest(json!({"exports": {".": {"import": {"types": "./a.d.ts"}}}})).types(None), Types::Own);
    assert_eq!(manifest(json!({})).types(None), Types::None);
    assert_eq!(manifest(json!({})).types(Some(&files(&["index.js", "index.d.ts"]))), Types::Own);
    assert_eq!(manifest(json!({"main": "./lib/a"})).types(Some(&files(&["lib/a.js", "lib/a.d.ts"]))), Types::Own);
    assert_eq!(manifest(json!({"main": "lib/a.js"})).types(Some(&files(&["lib/a.js", "b.d.ts"]))), Types::None);
    assert_eq!(manifest(json!({})).module_format(Some(&files(&["a.json", "a.d.ts"]))), None);
}

#[test]
fn people_keywords_engines_and_bin_are_read_in_old_notations() {
    let read = manifest(json!({
        "name": "@a/tool", "author": "Ann Lee <ann@example.org> (https://ann.example.org/)",
        "maintainers": [{"name": "ann", "email": "x@y"}, "bob <b@c>", 7], "keywords": "one, two,,",
        "engines": ["node >= 0.6", "7"], "bin": "./cli.js", "homepage": "javascript:alert(1)", "deprecated": true,
        "dependencies": {"ms": "^2", "bad": 7, "": "1"},
    }));
    assert_eq!(read.author.as_ref().unwrap().name, "Ann Lee");
    assert_eq!(read.author.as_ref().unwrap().url.as_deref(), Some("https://ann.example.org/"));
    assert_eq!(read.maintainers.iter().map(|person| person.name.as_str()).collect::<Vec<_>>(), ["ann", "bob"]);
    assert!(!format!("{read:?}").contains("example.org>"), "a mail address is kept");
    assert_eq!(read.keywords, ["one", "two"]);
    assert_eq!(read.engines, [("node".to_owned(), ">= 0.6".to_owned())]);
    assert_eq!((read.bin, read.homepage, read.deprecated), (vec!["tool".to_owned()], None, Some(String::new())));
    assert_eq!(read.dependencies, [("ms".to_owned(), "^2".to_owned())]);
    assert_eq!(manifest(json!({"deprecated": ""})).deprecated, None);
    assert_eq!(manifest(json!({"deprecated": false})).deprecated, None);
}
