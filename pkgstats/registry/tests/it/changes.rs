//! The feed of changes.

use pkgstats_registry::ErrorKind;

use crate::support::made_up;

#[tokio::test]
async fn a_follower_reads_each_change_once() {
    let loopback = made_up(&["a", "b", "c"]).await;
    let registry = loopback.builder().build().unwrap();
    let first = registry.changes(0, 2).await.unwrap();
    let names = |changes: &pkgstats_registry::Changes| {
        changes.changes.iter().map(|change| change.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!((names(&first), first.last_sequence), (vec!["a".to_owned(), "b".to_owned()], 2));
    let second = registry.changes(first.last_sequence, 2).await.unwrap();
    assert_eq!((names(&second), second.last_sequence), (vec!["c".to_owned()], 3));
    loopback.publish("b", "9.9.9");
    let third = registry.changes(second.last_sequence, 10_000_000).await.unwrap();
    assert_eq!((names(&third), third.last_sequence, third.went_back), (vec!["b".to_owned()], 4, false));
    assert!(loopback.take_requests().contains(&"/_changes?since=3&limit=10000".to_owned()));
}

#[tokio::test]
async fn a_follower_begins_at_the_last_change() {
    let loopback = made_up(&["a", "b", "c"]).await;
    let registry = loopback.builder().build().unwrap();
    assert_eq!(registry.last_change().await.unwrap(), 3);
    loopback.publish("b", "9.9.9");
    assert_eq!(registry.last_change().await.unwrap(), 4);
}

#[tokio::test]
async fn a_sequence_that_went_back_is_noticed() {
    let loopback = made_up(&["a", "b", "c"]).await;
    let registry = loopback.builder().build().unwrap();
    assert!(!registry.changes(3, 10).await.unwrap().went_back);
    loopback.restart_changes();
    let changes = registry.changes(3, 10).await.unwrap();
    assert_eq!((changes.went_back, changes.last_sequence, changes.changes.len()), (true, 1, 0));
}

#[tokio::test]
async fn a_registry_without_a_feed_says_so() {
    let loopback = made_up(&["a"]).await;
    loopback.fail_with(Some(404));
    let error = loopback.builder().build().unwrap().changes(0, 10).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().contains("the feed of changes was not found")),
        (ErrorKind::NotFound, true)
    );
}
