//! How many packages the shared catalogue has.

use crate::site::{catalog, has_releases};

#[tokio::test]
async fn a_selection_has_the_names_of_1_000_downloads_and_the_example_names() {
    let generation = catalog().await.generation().await.unwrap();
    if !has_releases().await {
        assert!(generation.packages > 5_000);
        return;
    }
    let popular = 222_243;
    let examples = u64::try_from(pkgstats_catalog::example_names().count()).unwrap();
    assert!((popular..popular + examples).contains(&generation.packages), "{generation:?}");
}
