//! Imports: the same twice, and all or nothing.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::Duration;

use deadpool_postgres::Pool;
use flate2::Compression;
use flate2::write::GzEncoder;
use pkgstats_catalog::{Catalog, Error, Import, Kind, Selection};
use pkgstats_core::query::Query;
use tempfile::TempDir;

use crate::site::empty;

/// Everything that an import writes, except when.
const STATE: &str = "
    SELECT md5(string_agg(row, '' ORDER BY row)) FROM (
        SELECT 'p' || p::text AS row FROM pkgstats.package p
        UNION ALL SELECT 'w' || w::text FROM pkgstats.word w
        UNION ALL SELECT 'n' || n::text FROM pkgstats.near n
        UNION ALL SELECT 'o' || o::text FROM pkgstats.owner o
        UNION ALL SELECT 'l' || l::text FROM pkgstats.list l
        UNION ALL SELECT 't' || t::text FROM pkgstats.types t
        UNION ALL SELECT 'r' || r::text FROM pkgstats.replacement r
        UNION ALL SELECT 'g' || (measured, previous_measured, sum, previous_sum, packages, counted)::text
        FROM pkgstats.generation
    ) rows";
const TABLES: &str = "SELECT count(*) FROM pg_tables WHERE schemaname = 'pkgstats'";
const IMPORT_LOCK: i64 = 0x706b_6773_7461_0002;

async fn state(pool: &Pool) -> String {
    pool.get().await.unwrap().query_one(STATE, &[]).await.unwrap().get(0)
}

async fn tables(pool: &Pool) -> i64 {
    pool.get().await.unwrap().query_one(TABLES, &[]).await.unwrap().get(0)
}

async fn shipped() -> (Catalog, Pool) {
    let (catalog, pool) = empty().await;
    catalog.import(Import::new().shipped()).await.unwrap();
    (catalog, pool)
}

/// Writes a file, and returns its path and the folder that removes it.
fn file(name: &str, content: &[u8]) -> (PathBuf, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    (path, folder)
}

fn archive(name: &str, members: &[(&str, &[u8])]) -> (PathBuf, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let mut archive = tar::Builder::new(GzEncoder::new(File::create(&path).unwrap(), Compression::fast()));
    for (member, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len().try_into().unwrap());
        header.set_cksum();
        archive.append_data(&mut header, member, *content).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap();
    (path, folder)
}

#[tokio::test]
async fn the_same_import_twice_gives_the_same_state() {
    let (catalog, pool) = shipped().await;
    let (before, count) = (state(&pool).await, tables(&pool).await);
    let report = catalog.import(Import::new().shipped()).await.unwrap();
    assert_eq!((state(&pool).await, tables(&pool).await), (before, count));
    assert_eq!(report.rows.len(), 1);
    assert_eq!(report.packages, catalog.generation().await.unwrap().packages);
    assert_eq!(catalog.generation().await.unwrap().id, 2);
}

#[tokio::test]
async fn a_file_of_one_kind_leaves_the_others_as_they_are() {
    let (catalog, pool) = shipped().await;
    let before = catalog.package("koa-pg-session").await.unwrap().unwrap();
    let names = br#"["koa-pg-session", "a-new-name-zz9", "not valid", "koa"]"#;
    let (path, _folder) = file("names.json", names);
    let report = catalog.import(Import::new().file(Kind::AllThePackageNames, path)).await.unwrap();
    assert_eq!(report.skipped, 1);
    assert_eq!(catalog.package("koa-pg-session").await.unwrap().unwrap(), before);
    assert_eq!(catalog.package("a-new-name-zz9").await.unwrap().unwrap().figure, None);
    // Its name is no longer listed, and it never had a count.
    assert_eq!(catalog.package("@wakaru/cli-linux-x64").await.unwrap(), None);
    // An import without files changes nothing.
    let before = state(&pool).await;
    catalog.import(Import::new()).await.unwrap();
    assert_eq!(state(&pool).await, before);
}

#[tokio::test]
async fn archives_say_the_month_and_the_ranks_are_counted() {
    let (catalog, _pool) = empty().await;
    let manifest: &[u8] = br#"{"version": "2.20260301.0"}"#;
    let counts: &[u8] = br#"{"a": 5, "b": 7, "c": 5, "d": 1}"#;
    let (path, _folder) = archive("counts.tgz", &[("package/package.json", manifest), ("other/counts.json", counts)]);
    let select = Selection::new(7, ["c".to_owned()]);
    catalog.import(Import::new().file(Kind::DownloadCounts, &path).select(select)).await.unwrap();
    let package = catalog.package("c").await.unwrap().unwrap();
    assert_eq!((package.rank, package.rank_shared_by), (Some(2), Some(2)));
    assert_eq!(package.figure.unwrap().period(), "30 days, measured in March 2026");
    assert_eq!(catalog.generation().await.unwrap().sum, 18, "the sum is that of all packages");
    assert_eq!(catalog.package("a").await.unwrap(), None, "not selected");
}

#[tokio::test]
async fn a_broken_file_is_named_with_its_line_and_changes_nothing() {
    let (catalog, pool) = shipped().await;
    let (before, tables_before) = (state(&pool).await, tables(&pool).await);
    let cases: [(Kind, &str, &[u8], &str); 7] = [
        (
            Kind::DownloadCounts,
            "counts.json",
            b"{\n\"a\": 5,\n\"b\": \"x\"}",
            "counts.json: line 3: column 8: invalid type",
        ),
        (Kind::DownloadCounts, "counts.json", b"{\"a\": -5}", "line 1: column 9: invalid value"),
        (Kind::DownloadCounts, "cut.json", b"{\n\"a\": 5,\n", "line 3: column 0: EOF"),
        (Kind::AllThePackageNames, "names.json", b"[\n\"a\",\n5]", "names.json: line 3: column 2: invalid type"),
        (Kind::AllThePackageRepos, "repos.json", b"[]", "line 1"),
        (Kind::NpmHighImpact, "top.js", b"export const top = [\n'a',\nb\n]", "top.js: line 3: expected a name"),
        (Kind::Slice, "slice.jsonl", b"{}", "line 1: column 2: missing field"),
    ];
    for (kind, name, content, message) in cases {
        let (path, _folder) = file(name, content);
        let error = catalog.import(Import::new().file(kind, path)).await.unwrap_err().to_string();
        assert!(error.contains(message) && error.contains("nothing was imported"), "{error}");
    }
    let (path, _folder) = archive("counts.tgz", &[("package/counts.json", b"{\n]")]);
    let error = catalog.import(Import::new().file(Kind::DownloadCounts, path)).await.unwrap_err().to_string();
    assert!(error.contains("counts.tgz: package/counts.json, line 2"), "{error}");
    assert_eq!(state(&pool).await, before);
    assert_eq!(tables(&pool).await, tables_before, "nothing is left of a failed import");
}

#[tokio::test]
async fn other_unusable_files_are_named_too() {
    let (catalog, _pool) = empty().await;
    let (counts, _folder) = file("counts.json", b"{}");
    let (other, _other_folder) = archive("other.tgz", &[("package/x.json", b"{}")]);
    let (cut, _cut_folder) = archive("cut.tgz", &[("package/counts.json", &[b' '; 100_000])]);
    let length = fs::metadata(&cut).unwrap().len();
    File::options().write(true).open(&cut).unwrap().set_len(length / 2).unwrap();
    for (path, message) in [
        (counts, "does not say when"),
        (other, "has no counts.json; is it an archive of download-counts?"),
        (cut, "cut.tgz"),
        (PathBuf::from("/no/such/file.tgz"), "cannot read /no/such/file.tgz"),
    ] {
        let error = catalog.import(Import::new().file(Kind::DownloadCounts, path)).await.unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_killed_leaves_the_old_generation() {
    let (catalog, pool) = shipped().await;
    let (before, tables_before) = (state(&pool).await, tables(&pool).await);
    let mut killed = 0;
    for milliseconds in [20, 60, 120, 200, 300] {
        let importing = catalog.clone();
        let import = tokio::spawn(async move { importing.import(Import::new().shipped()).await });
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        import.abort();
        killed += usize::from(import.await.is_err());
        assert_eq!(state(&pool).await, before);
        assert_eq!(catalog.search(&Query::parse("koa session"), 1).await.unwrap().total, 92);
    }
    assert!(killed > 0, "every import ended in time");
    wait_for_lock(&pool).await;
    catalog.import(Import::new().shipped()).await.unwrap();
    assert_eq!((state(&pool).await, tables(&pool).await), (before, tables_before));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_whose_connection_ends_fails_and_changes_nothing() {
    let (catalog, pool) = shipped().await;
    let before = state(&pool).await;
    let importing = catalog.clone();
    let import = tokio::spawn(async move { importing.import(Import::new().shipped()).await });
    let holder = "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database
                  WHERE locktype = 'advisory' AND datname = current_database()";
    let client = pool.get().await.unwrap();
    while client.query(holder, &[]).await.unwrap().is_empty() && !import.is_finished() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(matches!(import.await.unwrap(), Err(Error::Postgres(_))));
    assert_eq!(state(&pool).await, before);
}

#[tokio::test]
async fn only_one_import_runs_at_a_time() {
    let (catalog, pool) = empty().await;
    let client = pool.get().await.unwrap();
    client.execute("SELECT pg_advisory_lock($1)", &[&IMPORT_LOCK]).await.unwrap();
    assert!(matches!(catalog.import(Import::new()).await, Err(Error::ImportRunning)));
    client.execute("SELECT pg_advisory_unlock($1)", &[&IMPORT_LOCK]).await.unwrap();
    catalog.import(Import::new()).await.unwrap();
}

#[tokio::test]
async fn a_schema_is_migrated_once_and_checked() {
    let (catalog, pool) = empty().await;
    catalog.migrate().await.unwrap();
    catalog.check().await.unwrap();
    let client = pool.get().await.unwrap();
    client.batch_execute("INSERT INTO pkgstats.migration VALUES (99, now())").await.unwrap();
    assert!(matches!(catalog.check().await, Err(Error::TooNew { found: 99, .. })));
    assert!(matches!(catalog.migrate().await, Err(Error::TooNew { .. })));
    client.batch_execute("DROP SCHEMA pkgstats CASCADE").await.unwrap();
    assert!(matches!(catalog.check().await, Err(Error::NotMigrated)));
    assert!(matches!(catalog.search(&Query::parse("a"), 1).await, Err(Error::NotMigrated)));
}

#[test]
fn kinds_have_the_names_of_their_packages() {
    for kind in Kind::ALL {
        assert_eq!(kind.name().parse(), Ok(kind));
    }
    assert!("counts".parse::<Kind>().unwrap_err().to_string().contains("use download-counts, "));
}

/// PostgreSQL notices after a while that the connection of a killed import has ended.
async fn wait_for_lock(pool: &Pool) {
    let client = pool.get().await.unwrap();
    client.execute("SELECT pg_advisory_lock($1)", &[&IMPORT_LOCK]).await.unwrap();
    client.execute("SELECT pg_advisory_unlock($1)", &[&IMPORT_LOCK]).await.unwrap();
}
