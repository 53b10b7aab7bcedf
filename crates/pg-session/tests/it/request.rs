//! The promises to session middlewares, within the scope of a request and without one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use pg_session::{ErrorKind, PgStore, RequestStore, Updated};
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;

use crate::via::{Fixture, MINUTE, Via, contract};

const ALL: &str = "SELECT coalesce(string_agg(id || session, ' ' ORDER BY id), '') FROM session";
const NOTES: &str = "SELECT coalesce(string_agg(id || coalesce(note, ''), ' ' ORDER BY id), '') FROM session";

fn new_id() -> String {
    static IDS: AtomicU64 = AtomicU64::new(0);
    format!("new-{}", IDS.fetch_add(1, Ordering::Relaxed))
}

/// Returns the store of a middleware, and a store for the calls of concurrent requests. The table contains the session
/// `old` and a column of the application's own.
async fn stores(fixture: &Fixture) -> (RequestStore, PgStore) {
    fixture.sql("CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session json, note text)").await;
    fixture.sql(r#"INSERT INTO session VALUES ('old', now() + '9 min', '{"user":{"id":7}}', '-kept')"#).await;
    let store = fixture.set_up(fixture.builder().subject("user.id")).await;
    (RequestStore::new(store.clone(), new_id), store)
}

async fn data(store: &PgStore, id: &str) -> Option<Value> {
    store.get(id).await.unwrap().map(|session| session.decode().unwrap())
}

/// Renews the id of the session `old` like a middleware, adds `added` to its data, and returns the new id.
async fn renew(store: &RequestStore, added: &Value) -> String {
    let mut data: Value = store.load("old").await.unwrap().unwrap().decode().unwrap();
    store.delete("old").await.unwrap();
    data.as_object_mut().unwrap().extend(added.as_object().unwrap().clone());
    store.create("given", &data, MINUTE).await.unwrap()
}

contract! {
    /// A session that the request has ended, or lost, is `Gone`, whatever is in it.
    async fn a_save_over_max_size_of_an_ended_session_is_gone(fixture: Fixture) {
        fixture.sql("CREATE TABLE session (id text PRIMARY KEY, expiry timestamptz, session json)").await;
        fixture.sql("INSERT INTO session VALUES ('old', now() + '9 min', '{\"a\":1}'), ('lost', now() + '9 min', '{}')").await;
        let store = fixture.set_up(fixture.builder().max_size(100)).await;
        let (request, too_large) = (RequestStore::new(store.clone(), new_id), json!({"a": "x".repeat(200)}));
        RequestStore::scope(async {
            request.load("old").await.unwrap().unwrap();
            let error = request.update("old", &too_large, MINUTE).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TooLarge);
            request.delete("old").await.unwrap();
            assert_eq!(request.update("old", &too_large, MINUTE).await.unwrap(), Updated::Gone);
        })
        .await
        .unwrap();
    }
}

contract! {
    async fn a_save_updates_the_loaded_session(fixture: Fixture) {
        let (request, others) = stores(&fixture).await;
        RequestStore::scope(async {
            request.load("old").await.unwrap().unwrap();
            others.set("old", &json!({"user": {"id": 7}, "theirs": 1}), MINUTE).await.unwrap();
            request.save("old", &json!({"user": {"id": 7}, "ours": 1}), MINUTE).await.unwrap();
            assert_eq!(data(&others, "old").await, Some(json!({"user": {"id": 7}, "theirs": 1, "ours": 1})));

            // The middleware's data has no `theirs`, but it has not removed it.
            let updated = request.update("old", &json!({"user": {"id": 7}, "ours": 2}), MINUTE).await.unwrap();
            assert_eq!(updated, Updated::Merged);
            assert_eq!(data(&others, "old").await, Some(json!({"user": {"id": 7}, "theirs": 1, "ours": 2})));
            let unchanged = request.update("old", &json!({"user": {"id": 7}, "ours": 2}), MINUTE).await.unwrap();
            assert_eq!(unchanged, Updated::Unchanged);

            others.destroy("old").await.unwrap();
            request.save("old", &json!({"ours": 3}), MINUTE).await.unwrap();
        })
        .await
        .unwrap();
        assert_eq!(fixture.value(ALL).await, "");
    }

    async fn a_save_after_a_create_updates_the_created_session(fixture: Fixture) {
        let (request, others) = stores(&fixture).await;
        RequestStore::scope(async {
            let id = request.create("given", &json!({"a": 1}), MINUTE).await.unwrap();
            assert_eq!(id, "given");
            others.set("given", &json!({"a": 1, "theirs": 1}), MINUTE).await.unwrap();
            request.save("given", &json!({"a": 2}), MINUTE).await.unwrap();
        })
        .await
        .unwrap();
        assert_eq!(data(&others, "given").await, Some(json!({"a": 2, "theirs": 1})));
    }

    async fn a_save_without_a_load_never_inserts(fixture: Fixture) {
        let (request, others) = stores(&fixture).await;
        RequestStore::scope(async {
            request.save("made-up", &json!({"a": 1}), MINUTE).await.unwrap();
            request.save("old", &json!({"a": 1}), MINUTE).await.unwrap();
            assert_eq!(data(&others, "old").await, Some(json!({"a": 1})));
            others.set("old", &json!({"a": 1, "theirs": 1}), MINUTE).await.unwrap();
            request.save("old", &json!({"a": 2}), MINUTE).await.unwrap();
        })
        .await
        .unwrap();
        assert_eq!(fixture.value(ALL).await, r#"old{"a":2,"theirs":1}"#);
    }

    async fn a_renewal_keeps_the_row(fixture: Fixture) {
        let (request, others) = stores(&fixture).await;
        let id = RequestStore::scope(async {
            let session = request.load("old").await.unwrap().unwrap();
            assert_eq!(request.current_id().unwrap(), "old");
            request.delete("old").await.unwrap();
            assert_eq!(request.current_id(), None);
            assert_eq!(data(&others, "old").await, None, "the old id must be dead at once");
            let [hidden] = &others.all().await.unwrap()[..] else { panic!("the row must stay") };
            others.set(hidden.id(), &json!({"user": {"id": 7}, "theirs": 1}), MINUTE).await.unwrap();

            let mut ours: Value = session.decode().unwrap();
            ours["ours"] = json!(1);
            let id = request.create("given", &ours, MINUTE).await.unwrap();
            assert_eq!(id, hidden.id());
            assert_eq!(request.current_id().as_ref(), Some(&id));
            ours["ours"] = json!(2);
            request.save(&id, &ours, MINUTE).await.unwrap();
            request.save("old", &ours, MINUTE).await.unwrap();
            id
        })
        .await
        .unwrap();
        assert_eq!(fixture.value(NOTES).await, format!("{id}-kept"));
        assert_eq!(data(&others, &id).await, Some(json!({"user": {"id": 7}, "theirs": 1, "ours": 2})));
    }

    async fn a_session_loaded_twice_may_be_saved_twice(fixture: Fixture) {
        let (request, others) = stores(&fixture).await;
        RequestStore::scope(async {
            // The middleware holds the session in a map.
            let loaded = request.load("old").await.unwrap().unwrap();
            request.decoded_into(&loaded, 1);
            others.set("old", &json!({"user": {"id": 7}, "theirs": 1}), MINUTE).await.unwrap();
            // A function that the handler calls loads and saves the session by itself.
            let again = request.load("old").await.unwrap().unwrap();
            let mut data: Value = again.decode().unwrap();
            data["progress"] = json!(100);
            request.save("old", &data, MINUTE).await.unwrap();
            let other = request.load("old").await.unwrap().unwrap();
            request.decoded_into(&other, 2);
            for (map, ours) in [(1, json!({"user": {"id": 7}, "ours": 1})), (1, json!({"user": {"id": 7}, "ours": 2}))] {
                request.saving_from(map).save("old", &ours, MINUTE).await.unwrap();
            }
            data["theirs"] = json!(2);
            request.saving_from(2).save("old", &data, MINUTE).await.unwrap();
        })
        .await
        .unwrap();
        let expected = json!({"user": {"id": 7}, "theirs": 2, "progress": 100, "ours": 2});
        assert_eq!(data(&others, "old").await, Some(expected));
    }

    async fn a_session_without_the_old_data_starts_anew(fixture: Fixture) {
        let (request, others) = stores(&fixture).await;
        RequestStore::scope(async {
            request.load("old").await.unwrap().unwrap();
            others.set("old", &json!({"user": {"id": 7}, "secret": 1}), MINUTE).await.unwrap();
            request.delete("old").await.unwrap();
            let id = request.create("given", &json!({"guest": 1}), MINUTE).await.unwrap();
            request.save(&id, &json!({"guest": 2}), MINUTE).await.unwrap();
        })
        .await
        .unwrap();
        assert_eq!(fixture.value("SELECT string_agg(session::text, ' ') FROM session").await, r#"{"guest":2}"#);
    }

    async fn a_session_renewed_twice_has_the_last_id(fixture: Fixture) {
        let (request, others) = stores(&fixture).await;
        let id = RequestStore::scope(async {
            let id = renew(&request, &json!({"a": 1})).await;
            request.delete(&id).await.unwrap();
            assert_eq!(data(&others, &id).await, None);
            request.create("given", &json!({"user": {"id": 7}, "a": 2}), MINUTE).await.unwrap()
        })
        .await
        .unwrap();
        assert_eq!(fixture.value(NOTES).await, format!("{id}-kept"));
        assert_eq!(data(&others, &id).await, Some(json!({"user": {"id": 7}, "a": 2})));
    }

    async fn a_deleted_session_is_destroyed_at_the_end_of_the_scope(fixture: Fixture) {
        let (request, others) = stores(&fixture).await;
        RequestStore::scope(async {
            request.load("old").await.unwrap().unwrap();
            request.delete("old").await.unwrap();
            request.save("old", &json!({"a": 1}), MINUTE).await.unwrap();
            assert_eq!(data(&others, "old").await, None);
            others.set("unknown", &json!({}), MINUTE).await.unwrap();
            request.delete("unknown").await.unwrap();
            assert_eq!(data(&others, "unknown").await, None);
            request.save("unknown", &json!({"a": 1}), MINUTE).await.unwrap();
        })
        .await
        .unwrap();
        assert_eq!(fixture.value(ALL).await, "");
    }

    async fn the_data_of_an_ended_session_is_not_reused(fixture: Fixture) {
        for deletions in [1, 2] {
            let (request, others) = stores(&fixture).await;
            let id = RequestStore::scope(async {
                request.load("old").await.unwrap().unwrap();
                for _ in 0..deletions {
                    request.delete("old").await.unwrap();
                }
                let given = if deletions == 1 { "old" } else { "given" };
                request.create(given, &json!({"a": 1}), MINUTE).await.unwrap()
            })
            .await
            .unwrap();
            assert_ne!(id, "old");
            assert_eq!(fixture.value(NOTES).await, id, "one new row is expected");
            assert_eq!(data(&others, &id).await, Some(json!({"a": 1})));
            fixture.sql("DROP TABLE session").await;
        }
    }

    async fn one_of_two_concurrent_renewals_wins(fixture: Fixture) {
        let (request, others) = stores(&fixture).await;
        let lost = RequestStore::scope(async {
            let old = request.load("old").await.unwrap().unwrap();
            let other = request.clone();
            // Another task acts as another request.
            let won = tokio::spawn(RequestStore::scope(async move { renew(&other, &json!({})).await }));
            let won = won.await.unwrap().unwrap();
            request.delete("old").await.unwrap();
            let lost = request.create("given", &old.decode::<Value>().unwrap(), MINUTE).await.unwrap();
            assert_eq!(fixture.value(ALL).await, format!(r#"{won}{{"user":{{"id":7}}}}"#));

            request.save(&lost, &json!({"user": {"id": 7}, "added": 1}), MINUTE).await.unwrap();
            assert_eq!(data(&others, &lost).await, Some(json!({"added": 1})));
            request.save(&lost, &json!({"user": {"id": 7}, "added": 2}), MINUTE).await.unwrap();
            lost
        })
        .await
        .unwrap();
        assert_eq!(data(&others, &lost).await, Some(json!({"added": 2})));
        assert_eq!(others.count().await.unwrap(), 2);
    }

    async fn a_renewal_of_an_ended_session_keeps_only_its_own_data(fixture: Fixture) {
        let (request, others) = stores(&fixture).await;
        RequestStore::scope(async {
            let mut data: Value = request.load("old").await.unwrap().unwrap().decode().unwrap();
            request.delete("old").await.unwrap();
            assert_eq!(others.destroy_sessions_of("7", None).await.unwrap(), 1, "the session must be found between its two ids");
            data["user"]["name"] = json!("Zoë");
            data["login"] = json!("in flight");
            request.create("given", &data, MINUTE).await.unwrap();
        })
        .await
        .unwrap();
        assert_eq!(fixture.value(ALL).await, r#"given{"login":"in flight"}"#);
    }

    async fn a_dropped_request_leaves_no_row(fixture: Fixture) {
        let (request, _) = stores(&fixture).await;
        let (sender, deleted) = oneshot::channel();
        let scope = RequestStore::scope(async {
            request.load("old").await.unwrap().unwrap();
            request.delete("old").await.unwrap();
            sender.send(()).unwrap();
            std::future::pending::<()>().await;
        });
        tokio::select! { _ = scope => unreachable!(), deleted = deleted => deleted.unwrap() }
        fixture.until(ALL, "").await;
    }

    async fn a_request_dropped_during_a_renewal_leaves_no_row(fixture: Fixture) {
        let (request, _) = stores(&fixture).await;
        let locked = fixture.database.client().await;
        locked.batch_execute("BEGIN; SELECT FROM session FOR UPDATE").await.unwrap();
        let scope = RequestStore::scope(async {
            request.load("old").await.unwrap().unwrap();
            request.delete("old").await.unwrap();
        });
        tokio::select! { _ = scope => unreachable!(), () = fixture.until_one_waits() => {} }
        locked.batch_execute("COMMIT").await.unwrap();
        fixture.until(ALL, "").await;
    }

    async fn an_error_at_the_end_of_the_scope_is_returned(fixture: Fixture) {
        let (request, _) = stores(&fixture).await;
        let ended = RequestStore::scope(async {
            request.load("old").await.unwrap().unwrap();
            request.delete("old").await.unwrap();
            fixture.sql("ALTER TABLE session RENAME TO elsewhere").await;
        })
        .await;
        assert_eq!(ended.unwrap_err().kind(), ErrorKind::Setup);
    }

    async fn a_failed_deletion_changes_nothing(fixture: Fixture) {
        let (request, others) = stores(&fixture).await;
        RequestStore::scope(async {
            request.load("old").await.unwrap().unwrap();
            fixture.sql("ALTER TABLE session RENAME TO elsewhere").await;
            request.delete("old").await.unwrap_err();
            fixture.sql("ALTER TABLE elsewhere RENAME TO session").await;
            request.save("old", &json!({"user": {"id": 7}, "a": 1}), MINUTE).await.unwrap();
        })
        .await
        .unwrap();
        assert_eq!(data(&others, "old").await, Some(json!({"user": {"id": 7}, "a": 1})));
    }

    async fn a_scope_within_a_scope_is_part_of_it(fixture: Fixture) {
        let (request, _) = stores(&fixture).await;
        let id = RequestStore::scope(async {
            let within = RequestStore::scope(async {
                request.load("old").await.unwrap().unwrap();
                request.delete("old").await.unwrap();
            });
            within.await.unwrap();
            request.create("given", &json!({"user": {"id": 7}}), MINUTE).await.unwrap()
        })
        .await
        .unwrap();
        assert_eq!(fixture.value(NOTES).await, format!("{id}-kept"));
    }

    async fn a_save_without_a_scope_updates_the_loaded_session(fixture: Fixture) {
        let (request, others) = stores(&fixture).await;
        request.load("old").await.unwrap().unwrap();
        assert_eq!(request.current_id(), None);
        others.set("old", &json!({"user": {"id": 7}, "theirs": 1}), MINUTE).await.unwrap();
        request.save("old", &json!({"user": {"id": 7}, "ours": 1}), MINUTE).await.unwrap();
        assert_eq!(data(&others, "old").await, Some(json!({"user": {"id": 7}, "theirs": 1, "ours": 1})));
        let updated = request.update("old", &json!({"user": {"id": 7}, "ours": 2}), MINUTE).await.unwrap();
        assert_eq!(updated, Updated::Merged);
        assert_eq!(data(&others, "old").await, Some(json!({"user": {"id": 7}, "theirs": 1, "ours": 2})));

        request.delete("old").await.unwrap();
        request.save("old", &json!({"ours": 3}), MINUTE).await.unwrap();
        assert_eq!(request.update("old", &json!({"ours": 3}), MINUTE).await.unwrap(), Updated::Gone);
        assert_eq!(fixture.value(ALL).await, "");
    }

    async fn a_save_without_a_scope_never_inserts(fixture: Fixture) {
        let (request, others) = stores(&fixture).await;
        request.load("old").await.unwrap().unwrap();
        others.destroy("old").await.unwrap();
        for id in ["old", "unknown"] {
            request.save(id, &json!({"ours": 1}), MINUTE).await.unwrap();
            assert_eq!(request.update(id, &json!({"ours": 1}), MINUTE).await.unwrap(), Updated::Gone);
        }
        assert_eq!(fixture.value(ALL).await, "");
    }

    async fn a_save_without_a_scope_or_a_load_replaces_the_data(fixture: Fixture) {
        let (request, others) = stores(&fixture).await;
        assert_eq!(request.update("old", &json!({"ours": 1}), MINUTE).await.unwrap(), Updated::Saved);
        assert_eq!(data(&others, "old").await, Some(json!({"ours": 1})));
    }

    async fn a_save_after_a_create_without_a_scope_updates_the_created_session(fixture: Fixture) {
        let (request, others) = stores(&fixture).await;
        let id = request.create("old", &json!({"a": 1}), MINUTE).await.unwrap();
        assert_ne!(id, "old");
        others.set(&id, &json!({"a": 1, "theirs": 1}), MINUTE).await.unwrap();
        request.save(&id, &json!({"a": 1, "ours": 1}), MINUTE).await.unwrap();
        assert_eq!(data(&others, &id).await, Some(json!({"a": 1, "theirs": 1, "ours": 1})));
    }

    async fn a_save_after_the_scope_updates_the_loaded_session(fixture: Fixture) {
        let (request, others) = stores(&fixture).await;
        let mut ours: Value = RequestStore::scope(async {
            let session = request.load("old").await.unwrap().unwrap();
            request.save("old", &json!({"user": {"id": 7}, "saved": 1}), MINUTE).await.unwrap();
            session.decode().unwrap()
        })
        .await
        .unwrap();
        others.set("old", &json!({"theirs": 1, "saved": 1}), MINUTE).await.unwrap();
        ours["saved"] = json!(1);
        ours["ours"] = json!(1);
        request.save("old", &ours, MINUTE).await.unwrap();
        assert_eq!(data(&others, "old").await, Some(json!({"theirs": 1, "saved": 1, "ours": 1})));
    }

    async fn a_save_within_a_scope_updates_a_session_loaded_outside(fixture: Fixture) {
        let (request, others) = stores(&fixture).await;
        request.load("old").await.unwrap().unwrap();
        others.set("old", &json!({"user": {"id": 7}, "theirs": 1}), MINUTE).await.unwrap();
        RequestStore::scope(request.save("old", &json!({"user": {"id": 7}, "ours": 1}), MINUTE)).await.unwrap().unwrap();
        assert_eq!(data(&others, "old").await, Some(json!({"user": {"id": 7}, "theirs": 1, "ours": 1})));
    }

    async fn a_task_and_its_request_share_their_saves(fixture: Fixture) {
        let (request, others) = stores(&fixture).await;
        RequestStore::scope(async {
            let session = request.load("old").await.unwrap().unwrap();
            request.decoded_into(&session, 1);
            let task = request.saving_from(1);
            others.set("old", &json!({"user": {"id": 7}, "theirs": 1}), MINUTE).await.unwrap();
            let saved = tokio::spawn(async move {
                task.update("old", &json!({"user": {"id": 7}, "task": 1}), MINUTE).await.unwrap()
            });
            assert_eq!(saved.await.unwrap(), Updated::Merged);
            others.set("old", &json!({"user": {"id": 7}}), MINUTE).await.unwrap();
            // The request has `task` from its task, and has not added it itself.
            request.save("old", &json!({"user": {"id": 7}, "task": 1, "ours": 1}), MINUTE).await.unwrap();
        })
        .await
        .unwrap();
        assert_eq!(data(&others, "old").await, Some(json!({"user": {"id": 7}, "ours": 1})));
    }
}

/// A middleware that holds a session in a map of its own. Nobody else changes its key.
struct Holder {
    key: String,
    data: Option<Map<String, Value>>,
    /// `None` if the store does not know the map.
    map: Option<u64>,
}

/// Requests load and save one session in random orders, within scopes and outside. Each load must find the last save of
/// every holder.
#[tokio::test]
async fn nobody_loses_a_key_that_nobody_else_changes() {
    let fixture = Fixture::new(Via::Lanes);
    let (request, others) = stores(&fixture).await;
    for seed in 0..100 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut expected = Map::from_iter([("kept".to_owned(), json!(seed))]);
        let id = &format!("seed-{seed}");
        others.set(id, &expected, MINUTE).await.unwrap();
        let mut holders: Vec<_> =
            (0..random.usize(2..5)).map(|n| Holder { key: format!("key-{n}"), data: None, map: None }).collect();
        for step in 0..50 {
            let holder = random.choice(&mut holders).unwrap();
            let is_scoped = random.bool();
            let Some(held) = &mut holder.data else {
                holder.map = random.bool().then_some(step);
                let load = async {
                    let session = request.load(id).await.unwrap().unwrap();
                    if let Some(map) = holder.map {
                        request.decoded_into(&session, map);
                    }
                    session.decode::<Map<_, _>>().unwrap()
                };
                let loaded = if is_scoped { RequestStore::scope(load).await.unwrap() } else { load.await };
                assert_eq!(loaded, expected, "seed {seed}, step {step}");
                holder.data = Some(loaded);
                continue;
            };
            match random.u8(0..4) {
                // Only a save from a known map can restore an earlier state.
                0 if holder.map.is_some() => drop(held.remove(&holder.key)),
                0..2 => drop(held.insert(holder.key.clone(), json!(step))),
                2 => holder.data = None,
                _ => {
                    let store = request.saving_from(holder.map);
                    let save = store.save(id, held, MINUTE);
                    if is_scoped {
                        RequestStore::scope(save).await.unwrap().unwrap();
                    } else {
                        save.await.unwrap();
                    }
                    match held.get(&holder.key) {
                        Some(value) => expected.insert(holder.key.clone(), value.clone()),
                        None => expected.remove(&holder.key),
                    };
                }
            }
        }
    }
}

#[tokio::test]
async fn updates_are_counted_by_outcome() {
    let (recorder, fixture) = (DebuggingRecorder::new(), Fixture::new(Via::Lanes));
    let _recording = metrics::set_default_local_recorder(&recorder);
    let (_, store) = stores(&fixture).await;
    let base = store.get("old").await.unwrap().unwrap();
    for data in [json!({"a": 1}), json!({"b": 1}), json!({"user": {"id": 7}}), json!({"user": {"id": 7}})] {
        let _ = store.update(&base, &data, MINUTE).await.unwrap();
    }
    store.destroy("old").await.unwrap();
    assert_eq!(store.update(&base, &json!({"a": 1}), MINUTE).await.unwrap(), Updated::Gone);

    let counted = recorder.snapshotter().snapshot().into_vec().into_iter().map(|(key, _, _, value)| {
        assert_eq!(key.key().name(), "pg_session_updates_total");
        let DebugValue::Counter(count) = value else { panic!("not a counter: {value:?}") };
        let labels: Vec<_> = key.key().labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        (labels.join(","), count)
    });
    let expected = [("saved", 1), ("merged", 1), ("unchanged", 2), ("gone", 1)];
    let expected: HashMap<_, _> = expected.map(|(outcome, count)| (format!("outcome={outcome}"), count)).into();
    assert_eq!(counted.collect::<HashMap<_, _>>(), expected);
}
