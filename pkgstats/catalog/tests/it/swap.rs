//! Searches while an import replaces the tables.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pkgstats_catalog::Import;
use pkgstats_core::query::Query;

use crate::site::empty;

#[tokio::test(flavor = "multi_thread")]
async fn searches_go_on_while_the_tables_are_replaced() {
    let (catalog, _pool) = empty().await;
    catalog.import(Import::new().shipped()).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let searchers: Vec<_> = ["koa session", "reatc", "koa pg sesion", "point in polygon"]
        .into_iter()
        .map(|text| {
            let (catalog, done) = (catalog.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                let query = Query::parse(text);
                let expected = catalog.search(&query, 1).await.unwrap();
                let mut searches = 0;
                while !done.load(Ordering::Relaxed) {
                    assert_eq!(catalog.search(&query, 1).await.unwrap(), expected);
                    searches += 1;
                }
                searches
            })
        })
        .collect();
    for _ in 0..3 {
        catalog.import(Import::new().shipped()).await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    for searcher in searchers {
        assert!(searcher.await.unwrap() > 10);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_swap_waits_for_a_reader_without_blocking_others() {
    let (catalog, pool) = empty().await;
    let reader = pool.get().await.unwrap();
    reader.batch_execute("BEGIN; SELECT FROM pkgstats.near LIMIT 1").await.unwrap();
    let importing = catalog.clone();
    let import = tokio::spawn(async move { importing.import(Import::new().shipped()).await });
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(catalog.search(&Query::parse("koa"), 1).await.unwrap().total, 0);
    }
    assert!(!import.is_finished());
    reader.batch_execute("COMMIT").await.unwrap();
    import.await.unwrap().unwrap();
    assert!(catalog.search(&Query::parse("koa"), 1).await.unwrap().total > 0);
}
