//! Cases 1, 2 and 6.

use pkgstats_catalog::Flag;
use pkgstats_core::query::Query;
use pkgstats_core::rank::Reason;

use crate::site::{catalog, names, search};

#[tokio::test]
async fn the_exact_name_is_first_and_says_so() {
    for name in
        ["express", "tape", "dot", "version-me", "euclideanmst", "@wakaru/cli-linux-x64", "koa-pg-session", "react"]
    {
        let found = search(name).await;
        let first = &found.results[0];
        assert_eq!((first.name.as_str(), first.reason.label()), (name, "exact name"));
    }
}

#[tokio::test]
async fn react_is_before_react_is_though_that_has_more_downloads() {
    let found = search("react").await;
    let downloads = |name| {
        let place = found.results.iter().position(|hit| hit.name == name).unwrap();
        (place, found.results[place].figure.as_ref().unwrap().downloads)
    };
    let (react, react_is) = (downloads("react"), downloads("react-is"));
    assert_eq!((react, react_is.1), ((0, 351_327_975), 845_570_509));
    assert!(react_is.0 > 0);
}

#[tokio::test]
async fn version_me_has_13_downloads_and_the_wakaru_binary_has_no_figure() {
    let downloads =
        |found: &pkgstats_catalog::SearchResults| found.results[0].figure.as_ref().map(|figure| figure.downloads);
    assert_eq!(downloads(&search("version-me").await), Some(13));
    assert_eq!(downloads(&search("@wakaru/cli-linux-x64").await), None);
}

#[tokio::test]
async fn point_in_polygon_has_17_results() {
    let found = search("point in polygon").await;
    assert_eq!(names(&found)[0], "point-in-polygon");
    assert_eq!((found.total, found.total_is_exact, found.pages), (17, true, 1));
}

#[tokio::test]
async fn koa_session_has_92_results() {
    let found = search("koa session").await;
    assert_eq!(names(&found)[..2], ["koa-session", "koa-generic-session"]);
    assert_eq!((found.total, found.total_is_exact, found.pages), (92, true, 4));
}

#[tokio::test]
async fn the_pages_together_have_every_result_once() {
    let catalog = catalog().await;
    let mut all = Vec::new();
    for page in 1..=5 {
        let found = catalog.search(&Query::parse("koa session"), page).await.unwrap();
        all.extend(found.results.into_iter().map(|hit| hit.name));
    }
    assert_eq!(all.len(), 92);
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 92);
}

#[tokio::test]
async fn a_word_without_results_is_corrected_and_the_correction_said() {
    for (text, from, to) in [("koa postgres session", "postgres", "pg"), ("koa pg sesion", "sesion", "session")] {
        let found = search(text).await;
        assert_eq!(names(&found), ["koa-pg-session"], "{text}");
        let corrected = found.corrected.unwrap();
        assert_eq!((corrected.from.as_str(), corrected.to.as_str()), (from, to));
    }
    assert_eq!(search("koa session").await.corrected, None);
}

#[tokio::test]
async fn where_nothing_has_all_words_some_do() {
    let found = search("express zzqqxx koa").await;
    assert!(found.results.iter().all(|hit| hit.reason == Reason::SomeWords), "{:?}", names(&found));
    assert!(names(&found).contains(&"express"));
}

#[tokio::test]
async fn case_is_never_folded() {
    for (name, downloads) in [("JSONStream", 44_248_910), ("jsonstream", 29_921)] {
        let found = search(name).await;
        let first = &found.results[0];
        assert_eq!((first.name.as_str(), first.figure.as_ref().unwrap().downloads), (name, downloads));
        assert_eq!(found.results[1].reason, Reason::SameLetters);
    }
}

#[tokio::test]
async fn qualifiers_restrict_the_results() {
    let scoped = search("scope:types koa session").await;
    assert!(names(&scoped).contains(&"@types/koa-session"));
    assert!(names(&scoped).iter().all(|name| name.starts_with("@types/")));
    let owned = search("session owner:tmiguelt").await;
    assert_eq!(names(&owned), ["koa-pg-session", "Mkoa-pg-session"]);
    let by_name = search("koa session sort:name").await;
    assert!(names(&by_name).is_sorted());
}

#[tokio::test]
async fn holding_packages_are_marked() {
    for name in ["fs", "http"] {
        assert_eq!(search(name).await.results[0].flags, [Flag::Holding]);
    }
    assert_eq!(search("express").await.results[0].flags, []);
}

#[tokio::test]
async fn no_text_is_an_error_and_all_are_said_back() {
    let long = "a".repeat(10_000);
    let words = "word ".repeat(2_000);
    let texts = [
        "",
        "  ",
        &long,
        &words,
        "'",
        "%",
        "\\",
        "&|!:*()",
        "\0",
        "a\0b",
        "pkg:a\0b",
        "@a\0",
        "😀",
        "\u{202e}שלום",
        "pkg:",
        "pkg:'",
        "@",
        "@/",
        "scope:",
        "scope:%",
        "owner:' x",
        "sort:x",
        "{}",
        "NULL",
        "$1",
        "@__proto__",
        "é",
    ];
    let catalog = catalog().await;
    for text in texts {
        let query = Query::parse(text);
        assert_eq!(catalog.search(&query, 1).await.unwrap().query, text);
        catalog.search(&query, usize::MAX).await.unwrap();
        catalog.suggest(&query).await.unwrap();
        catalog.package(text).await.unwrap();
        catalog.owner(text, 1).await.unwrap();
        catalog.near_names(text).await.unwrap();
    }
    for blank in ["", "  ", "\0"] {
        assert_eq!(search(blank).await.total, 0);
    }
}
