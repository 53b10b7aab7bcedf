//! Servers that can be reached, and refuse what they are sent.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pg_session::{Created, Error, PgStore};
use pg_session_testkit::{PgBouncer, Proxy, Server};
use tokio::task::JoinSet;
use tracing_subscriber::fmt::MakeWriter;

use crate::via::{Fixture, MINUTE, Via};

/// What the store logs at the levels `info` and `warn`, on this thread.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(super) fn keep(&self) -> tracing::subscriber::DefaultGuard {
        let subscriber = tracing_subscriber::fmt().with_writer(self.clone()).with_ansi(false).finish();
        tracing::subscriber::set_default(subscriber)
    }

    /// Returns how many lines contain both words.
    fn lines(&self, level: &str, text: &str) -> usize {
        let log = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        log.lines().filter(|line| line.contains(level) && line.contains(text)).count()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Makes calls without a break, each on an id of its own, and returns the errors of each caller.
struct Load {
    callers: JoinSet<Vec<Error>>,
    is_over: Arc<std::sync::atomic::AtomicBool>,
}

impl Load {
    fn start(store: &PgStore, callers: usize) -> Self {
        let is_over = Arc::default();
        let callers = (0..callers)
            .map(|caller| {
                let (store, is_over) = (store.clone(), Arc::clone(&is_over));
                async move {
                    let (mut errors, id) = (Vec::new(), caller.to_string());
                    while !std::sync::atomic::AtomicBool::load(&is_over, std::sync::atomic::Ordering::Relaxed) {
                        errors.extend(store.set(&id, &1, MINUTE).await.err());
                        errors.extend(store.get(&id).await.err());
                    }
                    errors
                }
            })
            .collect();
        Self { callers, is_over }
    }

    async fn end(self) -> Vec<Error> {
        self.is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        self.callers.join_all().await.into_iter().flatten().collect()
    }
}

fn summary(errors: &[Error]) -> String {
    errors.iter().take(5).fold(format!("{} calls failed", errors.len()), |mut text, error| {
        let _ = write!(text, "; {error}");
        text
    })
}

/// A pooler accepts logins while its server is down.
#[tokio::test]
async fn a_pooler_without_its_server_is_an_outage_like_another() {
    let mut outages = 0;
    for settings in [&[][..], &[("ignore_startup_parameters", "options")]] {
        let settings: Vec<_> =
            settings.iter().copied().chain([("server_login_retry", "1"), ("query_wait_timeout", "1")]).collect();
        let mut server = Server::builder().durable(true).start().unwrap();
        let address = (*server).clone();
        let Some(pooler) = PgBouncer::start(&address, 2, &settings).unwrap() else { return };
        let proxy = Proxy::start(&pooler.address().url("postgres")).await.unwrap();
        let store = PgStore::builder(proxy.url()).cleanup_interval(Duration::ZERO).build().unwrap();
        store.setup().await.unwrap();
        let load = Load::start(&store, 16);
        tokio::time::sleep(Duration::from_millis(200)).await;
        let log = Log::default();
        let keep = log.keep();
        let before = proxy.connections();
        server.stop().unwrap();
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        server.start_again().unwrap();
        // Until the pooler tries to connect again.
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let errors = load.end().await;
        // On a busy machine, the pooler may need longer.
        while store.get("0").await.is_err() {}
        drop(keep);
        let connections = proxy.connections() - before;
        assert!(errors.len() <= 32, "{}", summary(&errors));
        assert!(connections <= 50, "{connections} connections");
        // PgBouncer may keep the calls waiting until its server is back.
        let (begins, ends) = (log.lines("WARN", "connection"), log.lines("INFO", "failed_calls="));
        assert!(begins == ends && begins <= 1, "{begins}, {ends}: {settings:?}");
        outages += begins;
        assert!(store.get("0").await.unwrap().is_some());
        store.close().await;
    }
    assert!(outages > 0);
}

#[tokio::test]
async fn a_call_fails_soon_in_a_known_outage_behind_a_pooler() {
    let mut server = Server::start().unwrap();
    let address = (*server).clone();
    let Some(pooler) = PgBouncer::start(&address, 2, &[]).unwrap() else { return };
    let store = PgStore::builder(pooler.address().url("postgres")).timeout(Duration::from_secs(1)).build().unwrap();
    store.setup().await.unwrap();
    server.stop().unwrap();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(2) {
        let called = Instant::now();
        super::assert_unavailable(&store.get("a").await.unwrap_err());
        assert!(called.elapsed() < Duration::from_millis(1_100), "{:?}", called.elapsed());
    }
    let called = Instant::now();
    super::assert_unavailable(&store.get("a").await.unwrap_err());
    assert!(called.elapsed() < Duration::from_millis(750), "a known outage is reported soon: {:?}", called.elapsed());
}

#[tokio::test]
async fn a_connection_stays_with_a_read_only_server() {
    let server = Server::start().unwrap();
    let proxy = Proxy::start(&server.url("postgres")).await.unwrap();
    let store = PgStore::builder(proxy.url()).cleanup_interval(Duration::ZERO).build().unwrap();
    store.setup().await.unwrap();
    store.set("a", &1, MINUTE).await.unwrap();
    assert!(store.get("a").await.unwrap().is_some());
    let (admin, connection) = tokio_postgres::connect(&server.url("postgres"), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let read_only = async |setting: &str| {
        admin.batch_execute(&format!("ALTER SYSTEM SET default_transaction_read_only = {setting}")).await.unwrap();
        admin.batch_execute("SELECT pg_reload_conf()").await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    read_only("on").await;
    let log = Log::default();
    let keep = log.keep();
    let before = proxy.connections();
    let calls: JoinSet<_> = (0..200)
        .map(|n: i32| {
            let store = store.clone();
            async move {
                if n % 2 == 0 {
                    assert!(store.get("a").await.unwrap().is_some());
                } else {
                    let error = store.create(&n.to_string(), &n, MINUTE).await.unwrap_err();
                    assert_eq!((error.sqlstate(), error.is_retryable()), (Some("25006"), true), "{error}");
                }
            }
        })
        .collect();
    calls.join_all().await;
    assert!(proxy.connections() <= before + 1, "{} more connections", proxy.connections() - before);
    assert_eq!(log.lines("WARN", ""), 0);
    drop(keep);
    read_only("off").await;
    store.set("a", &2, MINUTE).await.unwrap();
}

/// After a failover, another host of the connection string is writable.
#[tokio::test]
async fn a_store_leaves_a_read_only_server_for_another_host() {
    let servers = [Server::start().unwrap(), Server::start().unwrap()];
    let [one, other] = servers.each_ref().map(|server| &**server);
    let url = |attributes: &str| {
        format!(
            "host={},{} port={},{} user={} password={} dbname=postgres {attributes}",
            one.host(),
            other.host(),
            one.port(),
            other.port(),
            one.user(),
            one.password()
        )
    };
    PgStore::new(other.url("postgres")).unwrap().setup().await.unwrap();
    for address in [one, other] {
        let (admin, connection) =
            tokio_postgres::connect(&address.url("postgres"), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let sql = format!("ALTER ROLE {} PASSWORD '{}'", one.user(), one.password());
        admin.batch_execute(&sql).await.unwrap();
    }
    let store = PgStore::builder(url("")).cleanup_interval(Duration::ZERO).build().unwrap();
    store.setup().await.unwrap();
    store.set("a", &1, MINUTE).await.unwrap();
    let (admin, connection) = tokio_postgres::connect(&one.url("postgres"), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    admin.batch_execute("ALTER SYSTEM SET default_transaction_read_only = on").await.unwrap();
    admin.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let creates: JoinSet<_> = (0..20)
        .map(|n: i32| {
            let store = store.clone();
            async move { store.create(&n.to_string(), &n, MINUTE).await }
        })
        .collect();
    for created in creates.join_all().await {
        assert_eq!(created.unwrap(), Created::Created);
    }
}

/// Raises what a full disk raises.
#[tokio::test]
async fn a_connection_stays_with_a_server_whose_disk_is_full() {
    let fixture = Fixture::new(Via::Lanes);
    let proxy = Proxy::start(&fixture.database.url()).await.unwrap();
    let store = fixture.set_up(fixture.builder_at(proxy.url())).await;
    let sql = "CREATE FUNCTION full_() RETURNS trigger LANGUAGE plpgsql AS \
               $$ BEGIN RAISE 'no space' USING ERRCODE = '53100'; END $$; \
               CREATE TRIGGER full_ BEFORE INSERT ON session FOR EACH ROW WHEN (NEW.id LIKE 'full%') EXECUTE FUNCTION full_()";
    fixture.sql(sql).await;
    store.set("a", &1, MINUTE).await.unwrap();
    let (log, before) = (Log::default(), proxy.connections());
    let keep = log.keep();
    let creates: JoinSet<_> = (0..100)
        .map(|n: i32| {
            let store = store.clone();
            async move {
                let is_full = n % 10 == 0;
                let id = if is_full { format!("full {n}") } else { n.to_string() };
                (is_full, store.create(&id, &n, MINUTE).await)
            }
        })
        .collect();
    for (is_full, created) in creates.join_all().await {
        match created {
            Ok(created) => assert!(!is_full && created == Created::Created),
            Err(error) => assert!(is_full && error.sqlstate() == Some("53100") && error.is_retryable(), "{error}"),
        }
    }
    assert!(proxy.connections() <= before + 1, "{} more connections", proxy.connections() - before);
    assert_eq!(log.lines("WARN", ""), 0);
    drop(keep);
}
