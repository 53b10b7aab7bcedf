//! Real packages, with the values that their pages show.

use pkgstats_core::manifest::{ModuleFormat, Types};
use pkgstats_core::readme::{Source, render};
use pkgstats_registry::loopback::Loopback;
use pkgstats_registry::{Contents, Packument};

use crate::support::pinned;

async fn read(loopback: &Loopback, name: &str) -> (Packument, Contents) {
    let registry = loopback.builder().build().unwrap();
    let packument = registry.packument(name, None).await.unwrap().into_value().unwrap();
    let contents = registry.tarball(name, packument.latest().unwrap()).await.unwrap();
    (packument, contents)
}

#[tokio::test]
async fn koa_pg_session() {
    let Some(loopback) = pinned().await else { return };
    loopback.be_sparse();
    let (packument, contents) = read(&loopback, "koa-pg-session").await;
    assert_eq!(packument.latest().unwrap().version, "2.0.1");
    assert_eq!(packument.created, None, "so its date is marked as the registry's");
    assert!(packument.latest().unwrap().published.is_some());

    let manifest = contents.manifest.as_ref().unwrap();
    let license = manifest.license.as_ref().unwrap();
    assert_eq!((license.expression.as_str(), license.is_spdx), ("ISC", true));
    assert_eq!((contents.module_format(), contents.types()), (Some(ModuleFormat::CommonJs), Types::None));
    assert_eq!((contents.files.len(), contents.unpacked_size), (5, 29_318));
    assert_eq!((manifest.dependencies.len(), packument.latest().unwrap().dependencies), (7, 7));
    let repository = manifest.repository.as_ref().unwrap();
    assert_eq!(
        (repository.url.as_str(), repository.owner()),
        ("https://github.com/TMiguelT/koa-pg-session", Some("TMiguelT"))
    );
    assert!(manifest.engines.contains(&("node".to_owned(), ">= 4.0.0".to_owned())));

    let readme = contents.readme.as_ref().unwrap();
    assert_eq!(readme.path, "readme.md");
    let html = render(Source { text: &readme.text, syntax: readme.syntax(), repository: Some(repository) });
    assert_eq!((html.headings[0].text.as_str(), html.notice), ("koa-pg-session", None));
    assert!(html.html.contains("<h2 id=\"readme-koa-pg-session\">"), "{}", html.html);
    assert!(html.html.contains("koa-generic-session"));
}

#[tokio::test]
async fn a_readme_and_a_root_folder_of_other_names() {
    let Some(loopback) = pinned().await else { return };
    let (_, express) = read(&loopback, "express").await;
    let readme = express.readme.as_ref().unwrap();
    assert_eq!(readme.path, "Readme.md");
    assert!(readme.text.contains("express"));

    let (_, node) = read(&loopback, "@types/node").await;
    assert_eq!(node.manifest.as_ref().unwrap().name.as_deref(), Some("@types/node"));
    assert!(node.files.iter().any(|file| file.path == "fs/promises.d.ts"));
    assert_eq!((node.types(), node.module_format()), (Types::Own, None));
    assert_eq!(node.manifest.unwrap().repository.unwrap().directory.as_deref(), Some("types/node"));
}

#[tokio::test]
async fn the_formats_and_types_of_the_others() {
    use ModuleFormat::{Both, CommonJs, Esm};
    let Some(loopback) = pinned().await else { return };
    for (name, format, types) in [
        ("axios", Both, Types::Own),
        ("connect-pg-simple", CommonJs, Types::None),
        ("d3-array", Esm, Types::None),
        ("express", CommonJs, Types::None),
        ("hono", Both, Types::Own),
        ("koa", Both, Types::None),
        ("left-pad", CommonJs, Types::Own),
        ("lodash", CommonJs, Types::None),
        ("point-in-polygon", CommonJs, Types::None),
        ("react", CommonJs, Types::None),
    ] {
        let (_, contents) = read(&loopback, name).await;
        assert_eq!((contents.module_format(), contents.types()), (Some(format), types), "{name}");
        assert_eq!(contents.ignored.total(), 0, "{name}");
        let readme = contents.readme.as_ref().unwrap_or_else(|| panic!("{name} has a readme"));
        let repository = contents.manifest.as_ref().and_then(|manifest| manifest.repository.as_ref());
        let html = render(Source { text: &readme.text, syntax: readme.syntax(), repository });
        assert!(html.notice.is_none() && !html.headings.is_empty(), "{name}: {:?}", html.notice);
        assert!(!html.html.contains("<img"), "{name}");
    }
}

#[tokio::test]
async fn a_package_published_meanwhile() {
    let Some(loopback) = pinned().await else { return };
    loopback.publish("koa", "9.9.9");
    let (packument, contents) = read(&loopback, "koa").await;
    assert_eq!(packument.latest().unwrap().version, "9.9.9");
    assert_eq!(contents.manifest.unwrap().version.as_deref(), Some("9.9.9"));
}
