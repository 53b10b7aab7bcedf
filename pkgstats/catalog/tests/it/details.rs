//! Searches by what was read from the registry.

use pkgstats_catalog::readings::{Facts, Reading, Readings};
use pkgstats_catalog::{Details, Flag, Import};
use pkgstats_core::query::Query;
use pkgstats_core::rank::Reason;

use crate::site::empty;

#[tokio::test]
async fn stored_details_are_searched_shown_and_replaced() {
    let (catalog, pool) = empty().await;
    let readings = Readings::new(pool);
    catalog.import(Import::new().shipped()).await.unwrap();
    let mut details = Details {
        name: "koa-pg-session".to_owned(),
        version: Some("2.0.1".to_owned()),
        description: Some("Frobnicates sessions\0 of wombats".to_owned()),
        keywords: vec!["marsupial".to_owned()],
        deprecated: None,
    };
    let repository = Some("https://github.com/TMiguelT/koa-pg-session".to_owned());
    let facts = Facts { repository, ..Facts::default() };
    readings.store(&Reading { details: details.clone(), facts, ..Reading::default() }).await.unwrap();
    for text in ["wombats", "marsupial koa", "frobnicates pg"] {
        let found = catalog.search(&Query::parse(text), 1).await.unwrap();
        let hit = &found.results[0];
        assert_eq!((hit.name.as_str(), hit.reason), ("koa-pg-session", Reason::WordsInDetails), "{text}");
        assert_eq!(hit.version.as_deref(), Some("2.0.1"));
        assert_eq!(hit.description.as_deref(), Some("Frobnicates sessions of wombats"));
    }
    details.description = None;
    details.deprecated = Some("Use another".to_owned());
    readings.store(&Reading { details: details.clone(), ..Reading::default() }).await.unwrap();
    assert_eq!(catalog.search(&Query::parse("wombats"), 1).await.unwrap().total, 0);
    let found = catalog.search(&Query::parse("koa-pg-session"), 1).await.unwrap();
    assert_eq!(found.results[0].flags, [Flag::Deprecated]);
    let package = catalog.package("koa-pg-session").await.unwrap().unwrap();
    assert_eq!(package.detail, Some(details));
}
