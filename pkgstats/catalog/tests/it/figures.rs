//! Case 7.

use crate::site::{catalog, has_releases, search};

/// Formats a change in percent as the specification does.
fn percent(change: Option<f64>) -> String {
    format!("{:+.1} %", change.unwrap() * 100.0)
}

#[tokio::test]
async fn koa_pg_session_has_19_downloads_and_shares_its_rank() {
    let package = catalog().await.package("koa-pg-session").await.unwrap().unwrap();
    let figure = package.figure.unwrap();
    assert_eq!((figure.downloads, figure.period().as_str()), (19, "30 days, measured in March 2026"));
    let previous = package.previous.unwrap();
    assert_eq!((previous.downloads, previous.period().as_str()), (20, "30 days, measured in December 2025"));
    assert_eq!(percent(package.change_of_share), "-26.7 %");
    assert_eq!((package.rank, package.rank_shared_by), (Some(1_449_439), Some(41_196)));
    assert_eq!(package.owner.as_deref(), Some("TMiguelT"));
    assert_eq!(package.repository.as_deref(), Some("https://github.com/TMiguelT/koa-pg-session"));
}

#[tokio::test]
async fn the_registry_grew_and_shares_changed() {
    let catalog = catalog().await;
    let generation = catalog.generation().await.unwrap();
    assert_eq!(percent(generation.growth()), "+29.6 %");
    assert_eq!((generation.sum, generation.previous_sum), (521_938_191_271, 402_596_168_364));
    for (name, change) in [
        ("express", "+8.2 %"),
        ("koa", "-7.2 %"),
        ("request", "-24.0 %"),
        ("left-pad", "-41.4 %"),
        ("hono", "+321.1 %"),
    ] {
        let package = catalog.package(name).await.unwrap().unwrap();
        assert_eq!(percent(package.change_of_share), change, "{name}");
    }
}

#[tokio::test]
async fn the_figure_of_a_search_is_that_of_the_page_and_of_a_suggestion() {
    let catalog = catalog().await;
    let query = pkgstats_core::query::Query::parse("npmvet");
    let page = catalog.package("npmvet").await.unwrap().unwrap().figure;
    assert_eq!(page.as_ref().map(|figure| figure.downloads), Some(1_531));
    assert_eq!(search("npmvet").await.results[0].figure, page);
    assert_eq!(catalog.suggest(&query).await.unwrap().results[0].figure, page);
}

#[tokio::test]
async fn a_package_without_a_count_has_no_figure_rather_than_zero() {
    let package = catalog().await.package("@wakaru/cli-linux-x64").await.unwrap().unwrap();
    assert_eq!((package.figure, package.previous, package.change_of_share), (None, None, None));
    assert_eq!((package.rank, package.rank_shared_by), (None, None));
}

#[tokio::test]
async fn a_package_says_what_replaces_it_and_where_its_types_are() {
    if !has_releases().await {
        eprintln!("the packages types-registry and module-replacements are not at hand; skipping their test");
        return;
    }
    let catalog = catalog().await;
    let replacement = catalog.package("left-pad").await.unwrap().unwrap().replacement.unwrap();
    let json = serde_json::to_value(&replacement).unwrap();
    assert_eq!((&json["kind"], &json["instead"][0]), (&"native".into(), &"String.prototype.padStart".into()));
    let react = catalog.package("react").await.unwrap().unwrap();
    assert_eq!((react.types.as_deref(), react.replacement), (Some("@types/react"), None));
    let babel = catalog.package("@babel/core").await.unwrap().unwrap();
    assert_eq!(babel.types.as_deref(), Some("@types/babel__core"));
    assert_eq!(catalog.package("version-me").await.unwrap().unwrap().types, None);
    assert_eq!(catalog.package("typescript").await.unwrap().unwrap().rank_by_dependents, Some(1));
}

#[tokio::test]
async fn an_answer_has_the_documented_json() {
    let json = serde_json::to_value(search("koa-pg-session").await).unwrap();
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(keys(&json), "corrected did_you_mean pages query results total total_is_exact");
    assert_eq!(keys(&json["results"][0]), "change_of_share description figure flags name reason version");
    assert_eq!(keys(&json["results"][0]["figure"]), "downloads from measured share to");
    assert_eq!(json["results"][0]["figure"]["measured"], "2026-03");
}
