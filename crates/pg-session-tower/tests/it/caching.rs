//! The `CachingSessionStore` of tower-sessions in front of ours. This is not recommended.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use pg_session_testkit::Database;
use pg_session_tower::{RequestScopeLayer, TowerStore};
use serde_json::{Value, json};

use super::api::session::{Id, Record};
use super::api::session_store::Result;
use super::api::{CachingSessionStore, Session, SessionManagerLayer, SessionStore};
use crate::http::{Visitor, ids, serve};
use crate::store;

/// A cache of this process, which does not see the changes of others.
#[derive(Clone, Debug, Default)]
struct Cache(Arc<Mutex<HashMap<Id, Record>>>);

#[async_trait]
impl SessionStore for Cache {
    async fn create(&self, record: &mut Record) -> Result<()> {
        self.save(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.0.lock().unwrap().insert(record.id, record.clone());
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        Ok(self.0.lock().unwrap().get(id).cloned())
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.lock().unwrap().remove(id);
        Ok(())
    }
}

async fn site(store: TowerStore, is_scoped: bool) -> String {
    let sessions = SessionManagerLayer::new(CachingSessionStore::new(Cache::default(), store)).with_secure(false);
    let app = Router::new()
        .route("/", get(async |session: Session| session.get::<u8>("a").await.unwrap().is_some().to_string()))
        .route("/set/{key}", post(async |key: Path<String>, session: Session| session.insert(&key, 1).await.unwrap()));
    serve(if is_scoped { app.layer(RequestScopeLayer::around(sessions)) } else { app.layer(sessions) }).await
}

#[tokio::test]
async fn a_session_destroyed_by_another_process_is_not_saved_again() {
    for is_scoped in [true, false] {
        let database = Database::new();
        let store = store(&database).await;
        let visitor = Visitor::new(&site(store.clone(), is_scoped).await);
        visitor.post("/set/a").await;
        for _ in 0..2 {
            store.pg_store().destroy(&ids(&database).await.pop().unwrap_or_else(|| "gone".to_owned())).await.unwrap();
            assert_eq!(visitor.get("/").await, "true", "the cache must have the session; scoped: {is_scoped}");
            visitor.post("/set/b").await;
            assert!(ids(&database).await.is_empty(), "scoped: {is_scoped}");
        }
    }
}

#[tokio::test]
async fn changes_by_another_process_are_kept_while_the_last_load_or_save_is_remembered() {
    for is_scoped in [true, false] {
        let database = Database::new();
        let store = store(&database).await;
        let visitor = Visitor::new(&site(store.clone(), is_scoped).await);
        visitor.post("/set/a").await;
        let id = ids(&database).await.remove(0);
        store.pg_store().set(&id, &json!({"a": 1, "theirs": 1}), None).await.unwrap();
        visitor.post("/set/b").await;
        let data: Value = store.pg_store().get(&id).await.unwrap().unwrap().decode().unwrap();
        assert_eq!(data, json!({"a": 1, "theirs": 1, "b": 1}), "scoped: {is_scoped}");
    }
}
