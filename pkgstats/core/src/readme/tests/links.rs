//! Relative links and images, resolved against the repository.

use super::super::{Source, Syntax, render};
use crate::manifest::Repository;

fn html(text: &str, repository: &str, directory: Option<&str>) -> String {
    let mut repository = Repository::parse(repository).unwrap();
    repository.directory = directory.map(str::to_owned);
    render(Source { text, syntax: Syntax::Markdown, repository: Some(&repository) }).html
}

fn target(text: &str, repository: &str, directory: Option<&str>) -> String {
    let html = html(text, repository, directory);
    html.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
}

#[test]
fn links_lead_to_the_file_at_each_service() {
    let link = |repository, directory| target("[a](docs/api.md#x)", repository, directory);
    assert_eq!(link("koajs/koa", None), "https://github.com/koajs/koa/blob/HEAD/docs/api.md#x");
    assert_eq!(
        link("koajs/koa", Some("packages/a")),
        "https://github.com/koajs/koa/blob/HEAD/packages/a/docs/api.md#x"
    );
    assert_eq!(link("gitlab:a/b", None), "https://gitlab.com/a/b/-/blob/HEAD/docs/api.md#x");
    assert_eq!(link("bitbucket:a/b", None), "https://bitbucket.org/a/b/src/HEAD/docs/api.md#x");
}

#[test]
fn images_lead_to_the_raw_file_at_each_service() {
    let image = |repository, directory| target("![a](./logo.svg)", repository, directory);
    assert_eq!(image("koajs/koa", None), "https://raw.githubusercontent.com/koajs/koa/HEAD/logo.svg");
    assert_eq!(image("koajs/koa", Some("p/a")), "https://raw.githubusercontent.com/koajs/koa/HEAD/p/a/logo.svg");
    assert_eq!(image("gitlab:a/b", None), "https://gitlab.com/a/b/-/raw/HEAD/logo.svg");
    assert_eq!(image("bitbucket:a/b", None), "https://bitbucket.org/a/b/raw/HEAD/logo.svg");
    assert_eq!(
        target("![a](https://github.com/koajs/koa/blob/master/a.png)", "koajs/koa", None),
        "https://github.com/koajs/koa/raw/master/a.png"
    );
}

#[test]
fn links_from_the_root_and_upwards_stay_in_the_repository() {
    let link = |text| target(text, "facebook/react", Some("packages/react"));
    assert_eq!(link("[a](/LICENSE)"), "https://github.com/facebook/react/blob/HEAD/LICENSE");
    assert_eq!(link("[a](../shared/x.md)"), "https://github.com/facebook/react/blob/HEAD/packages/shared/x.md");
    assert_eq!(link("[a](../../../../issues)"), "https://github.com/facebook/react/issues");
    assert_eq!(link("[a](//example.org/x)"), "https://example.org/x");
}

#[test]
fn without_a_known_repository_relative_links_are_text() {
    for repository in ["https://git.example.org/a/b", "koajs/koa"] {
        let text = "[a](docs/api.md) ![b](logo.png)";
        let readme = match repository {
            "koajs/koa" => render(Source { text, syntax: Syntax::Markdown, repository: None }).html,
            _ => html(text, repository, None),
        };
        assert!(!readme.contains("href") && readme.contains(">a</a> b"), "{readme}");
    }
}
