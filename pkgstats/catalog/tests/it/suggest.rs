//! Case 4.

use pkgstats_catalog::Suggestion;
use pkgstats_core::query::Query;
use pkgstats_core::rank::Reason;

use crate::site::catalog;

async fn suggested(text: &str) -> Vec<Suggestion> {
    catalog().await.suggest(&Query::parse(text)).await.unwrap().results
}

async fn first_five(text: &str) -> String {
    let names: Vec<_> = suggested(text).await.into_iter().take(5).map(|suggestion| suggestion.name).collect();
    names.join(" ")
}

#[tokio::test]
async fn popular_names_that_begin_so_are_suggested() {
    for (typed, expected) in [
        ("rea", "react-is"),
        ("react", "react react-is react-dom"),
        ("react-d", "react-dom"),
        ("koa-pg", "koa-pg-session"),
        ("@types/no", "@types/node"),
        ("@babel/", "@babel/"),
    ] {
        let found = first_five(typed).await;
        assert!(found.contains(expected), "{typed}: {found}");
    }
}

#[tokio::test]
async fn every_letter_has_suggestions_that_begin_with_it_and_have_a_reason() {
    for typed in ["r", "re", "rea", "react", "react-d", "@types/no", "@babel/"] {
        let found = suggested(typed).await;
        assert!(found.len() >= 5, "{typed}");
        for suggestion in &found[..5] {
            assert!(suggestion.name.starts_with(typed), "{typed}: {}", suggestion.name);
            let begins = [Reason::ExactName, Reason::NameBegins, Reason::SameLetters];
            assert!(begins.contains(&suggestion.reason), "{typed}: {} ({})", suggestion.name, suggestion.reason);
        }
    }
}

#[tokio::test]
async fn a_typing_error_is_forgiven() {
    let found = suggested("esilnt").await;
    assert_eq!((found[0].name.as_str(), found[0].reason), ("eslint", Reason::OneLetterDiffers));
}

#[tokio::test]
async fn words_are_completed() {
    assert!(first_five("koa pg sess").await.contains("koa-pg-session"));
    assert!(first_five("point in pol").await.contains("point-in-polygon"));
}

#[tokio::test]
async fn a_name_that_does_not_exist_has_near_names() {
    let catalog = catalog().await;
    assert_eq!(catalog.package("nothing-of-that-name-zz9").await.unwrap(), None);
    let near = catalog.near_names("nothing-of-that-name-zz9").await.unwrap().results;
    assert!(!near.is_empty() && near.iter().all(|suggestion| suggestion.reason == Reason::SomeWords));
    let near = catalog.near_names("koa-pg-sesion").await.unwrap().results;
    assert_eq!(near[0].name, "koa-pg-session");
}
