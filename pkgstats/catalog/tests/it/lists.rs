//! The lists of packages.

use pkgstats_catalog::ListKind;

use crate::site::catalog;

#[tokio::test]
async fn the_top_is_ordered_by_downloads() {
    let top = catalog().await.list(ListKind::Top, 1).await.unwrap();
    let downloads: Vec<_> = top.iter().map(|entry| entry.figure.as_ref().unwrap().downloads).collect();
    assert_eq!((downloads.len(), downloads[0]), (25, 2_399_072_936));
    assert!(downloads.is_sorted_by(|one, other| one >= other));
    let next = catalog().await.list(ListKind::Top, 2).await.unwrap();
    assert!(next[0].figure.as_ref().unwrap().downloads <= downloads[24]);
}

#[tokio::test]
async fn rising_and_falling_are_ordered_by_the_change_of_share() {
    let changes = |kind| async move {
        let list = catalog().await.list(kind, 1).await.unwrap();
        list.iter().map(|entry| entry.change_of_share.unwrap()).collect::<Vec<_>>()
    };
    let (rising, falling) = (changes(ListKind::Rising).await, changes(ListKind::Falling).await);
    assert!(rising.len() == 25 && rising[24] > 0.0 && rising.is_sorted_by(|one, other| one >= other));
    assert!(falling.len() == 25 && falling[24] < 0.0 && falling.is_sorted());
}

#[tokio::test]
async fn new_packages_have_no_previous_figure() {
    let new = catalog().await.list(ListKind::New, 1).await.unwrap();
    assert!(!new.is_empty() && new.iter().all(|entry| entry.previous.is_none() && entry.figure.is_some()));
}

#[test]
fn lists_have_the_names_of_their_addresses() {
    for name in ["rising", "falling", "new", "top"] {
        assert_eq!(name.parse::<ListKind>().unwrap().name(), name);
    }
    assert!("best".parse::<ListKind>().unwrap_err().to_string().contains("rising, falling, new or top"));
}
