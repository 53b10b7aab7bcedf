//! The tables of other session stores.

use super::names::Table;
use super::sql::identifier;

struct Layout {
    store: &'static str,
    id: &'static str,
    expiry: &'static str,
    data: &'static str,
    /// Whether the data is JSON.
    is_json: bool,
}

const LAYOUTS: [Layout; 3] = [
    Layout { store: "koa-pg-session", id: "id", expiry: "expiry", data: "session", is_json: true },
    Layout { store: "connect-pg-simple", id: "sid", expiry: "expire", data: "sess", is_json: true },
    Layout { store: "tower-sessions-sqlx-store", id: "id", expiry: "expiry_date", data: "data", is_json: false },
];

/// Returns what to do about a table whose columns have other names than the options say, if it is that of a known store.
pub(super) fn advice(table: &Table, has: impl Fn(&str) -> bool) -> Option<String> {
    if [&table.id, &table.expiry, &table.data].into_iter().all(|name| has(name)) {
        return None;
    }
    let layout = LAYOUTS.iter().find(|layout| [layout.id, layout.expiry, layout.data].into_iter().all(&has))?;
    let store = layout.store;
    if !layout.is_json {
        return Some(format!(
            "it is a table of {store}, whose data is not JSON: name another one by the option `table`"
        ));
    }
    let columns = [
        ("`id_column`", &table.id, layout.id),
        ("`data_column`", &table.data, layout.data),
        ("`expiry_column`", &table.expiry, layout.expiry),
    ];
    let differing = columns.into_iter().filter(|(_, set, column)| set != column);
    let options: Vec<_> = differing.map(|(option, _, column)| format!("{option} to {}", identifier(column))).collect();
    Some(format!("it has the columns of {store}: set the options {}", options.join(", ")))
}
