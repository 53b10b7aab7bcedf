//! Applications that start before their database.

use std::time::{Duration, Instant};

use pg_session::{ErrorKind, PgStore};
use pg_session_testkit::{Server, error_chain};

use crate::via::{MINUTE, contract};

/// A server that is down.
fn stopped() -> Server {
    let mut server = Server::start().unwrap();
    server.stop().unwrap();
    server
}

contract! {
    async fn setup_waits_for_the_database(fixture: Fixture) {
        let mut server = stopped();
        let builder = fixture.builder_at(&server.url("postgres")).timeout(Duration::from_secs(1));
        let store = builder.wait_for_database(Duration::from_secs(30)).build().unwrap();
        let setup = tokio::spawn({ let store = store.clone(); async move { store.setup().await } });
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert!(!setup.is_finished(), "setup must not fail while it may wait");
        let server = tokio::task::spawn_blocking(move || { server.start_again().unwrap(); server }).await.unwrap();
        setup.await.unwrap().unwrap();
        store.set("a", &1, MINUTE).await.unwrap();
        drop(server);
    }

    async fn setup_gives_up_after_its_limit_and_at_once_by_default(fixture: Fixture) {
        let server = stopped();
        for limit in [0, 2] {
            let builder = fixture.builder_at(&server.url("postgres")).timeout(Duration::from_millis(500));
            let store = builder.wait_for_database(Duration::from_secs(limit)).build().unwrap();
            let started = Instant::now();
            let error = store.setup().await.unwrap_err();
            assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true), "{}", error_chain(&error));
            let (least, most) = (Duration::from_secs(limit), Duration::from_secs(limit + 2));
            assert!((least..most).contains(&started.elapsed()), "{:?} for {limit} s", started.elapsed());
        }
    }

    async fn closing_the_store_ends_the_wait(fixture: Fixture) {
        let server = stopped();
        let builder = fixture.builder_at(&server.url("postgres")).timeout(Duration::from_secs(1));
        let store = builder.wait_for_database(MINUTE).build().unwrap();
        let setup = tokio::spawn({ let store = store.clone(); async move { store.setup().await } });
        tokio::time::sleep(Duration::from_millis(300)).await;
        let started = Instant::now();
        let (_, ended) = tokio::join!(store.close(), async { (setup.await, started.elapsed()) });
        let error = ended.0.unwrap().unwrap_err();
        assert!(error.to_string().contains("closed"), "{error}");
        assert!(ended.1 < Duration::from_millis(300), "{:?}", ended.1);
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_wrong_password_is_not_worth_waiting_for() {
    let server = Server::shared();
    let url = server.url_as(server.user(), "wrong", "postgres");
    let store = PgStore::builder(url).wait_for_database(MINUTE).build().unwrap();
    let started = Instant::now();
    assert_eq!(store.setup().await.unwrap_err().kind(), ErrorKind::Configuration);
    assert!(started.elapsed() < Duration::from_secs(10));
}
