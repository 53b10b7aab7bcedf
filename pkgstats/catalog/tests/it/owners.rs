//! Case 5, as far as a part of the packages shows it. The bench checks the others.

use pkgstats_core::query::Query;
use pkgstats_core::rank::Reason;

use crate::site::{catalog, names, search};

#[tokio::test]
async fn ryanhefner_has_55_packages_with_333_555_downloads() {
    let owner = catalog().await.owner("ryanhefner", 1).await.unwrap().unwrap();
    assert_eq!((owner.packages, owner.downloads, owner.results.len()), (55, 333_555, 25));
}

#[tokio::test]
async fn the_case_of_an_account_does_not_matter() {
    for account in ["TMiguelT", "tmiguelt"] {
        let owner = catalog().await.owner(account, 1).await.unwrap().unwrap();
        assert_eq!((owner.owner.as_str(), owner.packages), ("TMiguelT", 10));
        assert!(owner.results.iter().any(|hit| hit.name == "koa-pg-session"));
    }
}

#[tokio::test]
async fn the_pages_of_an_owner_have_every_package_once() {
    let mut all = Vec::new();
    for page in 1..=4 {
        all.extend(catalog().await.owner("ryanhefner", page).await.unwrap().unwrap().results);
    }
    let downloads: Vec<_> = all.iter().map(|hit| hit.figure.as_ref().map(|figure| figure.downloads)).collect();
    assert_eq!(downloads.len(), 55);
    assert!(downloads.is_sorted_by(|one, other| one >= other));
}

#[tokio::test]
async fn an_owner_in_the_box_lists_the_packages() {
    let found = search("@TMiguelT").await;
    assert_eq!(found.total, 10);
    assert!(found.results.iter().all(|hit| hit.reason == Reason::Owner));
    assert!(names(&found).contains(&"koa-pg-session"));
}

#[tokio::test]
async fn a_scope_without_a_github_account_lists_its_packages() {
    let found = search("@babel").await;
    assert!(!found.results.is_empty());
    assert_eq!(catalog().await.owner("no-such-account-zz9", 1).await.unwrap(), None);
    let found = catalog().await.search(&Query::parse("scope:types sort:downloads"), 1).await.unwrap();
    assert_eq!((names(&found)[0], found.results[0].reason), ("@types/node", Reason::Scope));
}
