//! What packages contain is read without a panic, whatever it is.

use pkgstats_core::badge::Badge;
use pkgstats_core::manifest::{License, Manifest, Repository};
use pkgstats_core::readme::{Source, Syntax, render};
use proptest::prelude::*;
use serde_json::{Map, Value};

/// Texts of the parts that notations are made of, and of anything else.
fn text(parts: &'static [&'static str]) -> impl Strategy<Value = String> {
    let part = prop_oneof![4 => prop::sample::select(parts).prop_map(str::to_owned), 1 => "\\PC{0,6}"];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text(&["./", ".js", "MIT", "github:", "a/b", "@", "<", "(", "node", ">=", "https://", "types"])
            .prop_map(Value::from),
    ];
    let key =
        prop::sample::select(&[".", "./a", "import", "require", "types", "default", "url", "type", "name", "a"][..]);
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..4).prop_map(|fields| Value::Object(
                fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn manifests(values in prop::collection::vec(json(), 20)) {
        let fields = [
            "name", "version", "description", "keywords", "license", "licenses", "repository", "homepage", "author",
            "maintainers", "deprecated", "engines", "bin", "dependencies", "main", "module", "types", "type", "exports",
            "typings",
        ];
        let object: Map<String, Value> = fields.iter().map(|field| (*field).to_owned()).zip(values).collect();
        let manifest = Manifest::from_object(&object);
        let files = ["index.js".to_owned(), "a.d.ts".to_owned()];
        let _ = (manifest.module_format(None), manifest.module_format(Some(&files)), manifest.types(Some(&files)));
        if let Some(homepage) = manifest.homepage {
            prop_assert!(homepage.starts_with("http://") || homepage.starts_with("https://"), "{homepage}");
        }
    }

    #[test]
    fn licenses(text in text(&["MIT", "Apache", " 2.0", "GPL", "-3.0", "+", " OR ", " AND ", " WITH ", "(", ")", "/", " ", "é"])) {
        let license = License::parse(&text);
        prop_assert_eq!(license.is_none(), text.trim().is_empty());
        prop_assert!(Badge::license(Some(&text)).to_svg().ends_with("</svg>"));
    }

    #[test]
    fn repositories(text in text(&["git", "+", "ssh", "://", "https", "github.com", "gitlab.com", "@", ":", "/", "a", "..", "#", ".git", "/-/", "tree", "%2e"])) {
        if let Some(repository) = Repository::parse(&text) {
            prop_assert!(repository.url.starts_with("http"), "{}", repository.url);
                let _ = repository.owner();
            let source = Source { text: "[a](../x) ![b](/y) [c](?z)", syntax: Syntax::Markdown, repository: Some(&repository) };
            prop_assert!(!render(source).html.contains("<script"));
        }
    }

    #[test]
    fn readmes(text in text(&["<", ">", "/", "a", " href=", "javascript:", "\"", "'", "img", " src=", "//x", "table", "td", "h1", "[", "]", "(", ")", "![", "`", "|", "-", "\n", "#", "*", "&#", ";", "<!--", "svg", "script", "style", "details", "[^1]", ":"])) {
        for syntax in [Syntax::Markdown, Syntax::Html, Syntax::Text] {
            let html = render(Source { text: &text, syntax, repository: None }).html.to_lowercase();
            // In text, `<` is escaped.
            for tag in html.split('<').skip(1).filter_map(|part| part.split('>').next()) {
                for hostile in ["script", "svg", "style", "img", "!--"] {
                    prop_assert!(!tag.starts_with(hostile), "{hostile} in {html}");
                }
                prop_assert!(!tag.contains("=\"javascript:"), "{html}");
            }
        }
    }
}
