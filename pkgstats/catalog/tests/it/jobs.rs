//! The queue of what is to be read.

use std::time::Duration;

use deadpool_postgres::Pool;
use pkgstats_catalog::jobs::{JobKind, Jobs, Urgency};

use crate::site::empty;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

async fn jobs() -> (Jobs, Pool) {
    let (_, pool) = empty().await;
    (Jobs::new(pool.clone()), pool)
}

async fn seconds_until_due(pool: &Pool, name: &str) -> f64 {
    let sql = "SELECT extract(epoch FROM due - now())::float8 FROM pkgstats.job WHERE name = $1";
    pool.get().await.unwrap().query_one(sql, &[&name]).await.unwrap().get(0)
}

async fn all_due(pool: &Pool) {
    pool.get().await.unwrap().batch_execute("UPDATE pkgstats.job SET due = now()").await.unwrap();
}

#[tokio::test]
async fn urgent_jobs_come_first_and_each_comes_once() {
    let (jobs, _pool) = jobs().await;
    jobs.add(JobKind::Details, &names(&["a", "b", "a"]), Urgency::Usual).await.unwrap();
    jobs.add(JobKind::Details, &names(&["c"]), Urgency::Urgent).await.unwrap();
    jobs.add(JobKind::Downloads, &names(&["a"]), Urgency::Urgent).await.unwrap();
    jobs.add(JobKind::Details, &names(&["b"]), Urgency::Urgent).await.unwrap();
    jobs.add(JobKind::Details, &names(&["c"]), Urgency::Usual).await.unwrap();
    let mut taken = jobs.take(JobKind::Details, 2).await.unwrap();
    taken.sort();
    assert_eq!(taken, ["b", "c"]);
    assert_eq!(jobs.take(JobKind::Details, 9).await.unwrap(), ["a"]);
    assert!(jobs.take(JobKind::Details, 9).await.unwrap().is_empty());
    assert_eq!(jobs.take(JobKind::Downloads, 9).await.unwrap(), ["a"]);

    jobs.done(JobKind::Details, &taken).await.unwrap();
    assert_eq!(jobs.state(JobKind::Details, "b").await.unwrap(), None);
    assert_eq!(jobs.waiting().await.unwrap().iter().map(|jobs| jobs.waiting).collect::<Vec<_>>(), [1, 1]);
}

#[tokio::test]
async fn workers_never_take_the_same_job() {
    let (jobs, _pool) = jobs().await;
    let all: Vec<_> = (0..200).map(|n| format!("package {n:03}")).collect();
    jobs.add(JobKind::Details, &all, Urgency::Usual).await.unwrap();
    let workers: Vec<_> = (0..6)
        .map(|_| {
            let jobs = jobs.clone();
            tokio::spawn(async move {
                let mut taken = Vec::new();
                loop {
                    match jobs.take(JobKind::Details, 3).await.unwrap() {
                        some if some.is_empty() => return taken,
                        some => taken.extend(some),
                    }
                }
            })
        })
        .collect();
    let mut taken = Vec::new();
    for worker in workers {
        taken.extend(worker.await.unwrap());
    }
    taken.sort();
    assert_eq!(taken, all);
}

#[tokio::test]
async fn the_job_of_a_worker_that_died_comes_back() {
    let (jobs, pool) = jobs().await;
    jobs.add(JobKind::Details, &names(&["a"]), Urgency::Usual).await.unwrap();
    assert_eq!(jobs.take(JobKind::Details, 1).await.unwrap(), ["a"]);
    assert!((590.0..601.0).contains(&seconds_until_due(&pool, "a").await));
    all_due(&pool).await;
    assert_eq!(jobs.take(JobKind::Details, 1).await.unwrap(), ["a"]);

    jobs.release(JobKind::Details, &names(&["a"])).await.unwrap();
    assert_eq!(jobs.take(JobKind::Details, 1).await.unwrap(), ["a"], "at once");
}

#[tokio::test]
async fn failed_jobs_wait_longer_and_longer() {
    let (jobs, pool) = jobs().await;
    let name = names(&["a"]);
    jobs.add(JobKind::Details, &name, Urgency::Urgent).await.unwrap();
    let mut waits = Vec::new();
    for _ in 0..20 {
        assert_eq!(jobs.take(JobKind::Details, 1).await.unwrap(), name);
        jobs.failed(JobKind::Details, &name, "no answer\0", None).await.unwrap();
        waits.push(seconds_until_due(&pool, "a").await.round());
        // However often it is asked for.
        jobs.add(JobKind::Details, &name, Urgency::Urgent).await.unwrap();
        assert!(jobs.take(JobKind::Details, 1).await.unwrap().is_empty());
        all_due(&pool).await;
    }
    assert_eq!(waits[..4], [30.0, 60.0, 120.0, 240.0]);
    assert_eq!(waits[19], 86_400.0);
    let state = jobs.state(JobKind::Details, "a").await.unwrap().unwrap();
    assert_eq!(state.problem.as_deref(), Some("no answer"));

    jobs.failed(JobKind::Details, &name, "429", Some(Duration::from_secs(200_000))).await.unwrap();
    assert!(seconds_until_due(&pool, "a").await > 199_000.0);
}

#[tokio::test]
async fn no_more_jobs_are_added_than_can_be_read() {
    let (jobs, pool) = jobs().await;
    let sql = "INSERT INTO pkgstats.job SELECT 'details', n::text, now(), false FROM generate_series(1, 20000) AS n";
    pool.get().await.unwrap().batch_execute(sql).await.unwrap();
    jobs.add(JobKind::Details, &names(&["a"]), Urgency::Urgent).await.unwrap();
    assert_eq!(jobs.state(JobKind::Details, "a").await.unwrap(), None);
    jobs.add(JobKind::Downloads, &names(&["a"]), Urgency::Urgent).await.unwrap();
    assert!(jobs.state(JobKind::Downloads, "a").await.unwrap().is_some());
}
