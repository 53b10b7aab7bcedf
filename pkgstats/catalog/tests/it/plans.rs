//! No statement reads a whole table.

use std::fmt::Write;

use tokio_postgres::{Client, SimpleQueryMessage};

use crate::site::{has_releases, shared_pool};

/// The settings of a call.
const SETTINGS: &str = include_str!("../../sql/settings.sql");

#[tokio::test]
async fn every_statement_stays_on_indexes() {
    if !has_releases().await {
        eprintln!("the plans for the few packages that the repository ships mean nothing; skipping their test");
        return;
    }
    let client = shared_pool().await.get().await.unwrap();
    client.batch_execute("BEGIN").await.unwrap();
    client.batch_execute(SETTINGS).await.unwrap();
    let mut faults = String::new();
    let statements = pkgstats_catalog::statements();
    assert!(statements.len() > 30);
    for (name, sql) in statements {
        for mode in ["force_generic_plan", "force_custom_plan"] {
            let plan = plan(&client, sql, mode).await;
            let reads_all = plan.contains("Seq Scan") || plan.contains("Parallel") || reads_whole_index(&name, &plan);
            let needs_words =
                ["packages_by_words", "packages_by_last_word", "packages_by_some_words", "packages_by_details"];
            let ignores_words =
                needs_words.iter().any(|prefix| name.starts_with(prefix)) && !plan.contains("Bitmap Index Scan");
            if reads_all || ignores_words {
                writeln!(faults, "{name} ({mode}):\n{plan}").unwrap();
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

/// Returns whether an index is read without a condition, which is no better than reading the table.
fn reads_whole_index(name: &str, plan: &str) -> bool {
    let lines: Vec<&str> = plan.lines().collect();
    let is_unbounded = |window: &[&str]| {
        let is_scan = ["Index Scan", "Index Only Scan"].iter().any(|scan| window[0].contains(scan));
        is_scan && !window[0].contains("Bitmap") && !window[1].contains("Index Cond")
    };
    // The generation is one row.
    name != "generation" && lines.windows(2).any(is_unbounded)
}

/// Returns the plan of a statement, with a usual value for each parameter.
async fn plan(client: &Client, sql: &str, mode: &str) -> String {
    let run = |sql: String| async move { client.simple_query(&sql).await.unwrap() };
    run(format!("SET LOCAL plan_cache_mode = {mode}")).await;
    run(format!("PREPARE planned AS {sql}")).await;
    let types = "SELECT unnest(parameter_types)::text FROM pg_prepared_statements WHERE name = 'planned'";
    let values: Vec<_> = rows(&run(types.to_owned()).await)
        .iter()
        .map(|parameter| match parameter.as_str() {
            "text" => "'test'",
            "text[]" => "'{test}'",
            "bigint[]" => "'{1,2,3}'",
            "bigint" | "integer" => "25",
            other => panic!("{other}"),
        })
        .collect();
    let arguments = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
    let plan = rows(&run(format!("EXPLAIN EXECUTE planned{arguments}")).await).join("\n");
    run("DEALLOCATE planned".to_owned()).await;
    plan
}

fn rows(messages: &[SimpleQueryMessage]) -> Vec<String> {
    let row = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    messages.iter().filter_map(row).collect()
}
