//! What a merge costs: the CPU time of an update that merges with what another request has stored, per byte of the session.

use std::fmt::Write;

use pg_session::{PgStore, Updated};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::cpu::CpuTime;
use crate::error::BoxError;
use crate::servers::Servers;
use crate::session::TTL;
use crate::store::require;

/// The sizes to compare, in bytes, and how many merges of each are measured.
const SMALL: usize = 64 * 1024;
const LARGE: usize = 1024 * 1024;
const BYTES_IN_ALL: usize = 4 * LARGE;

/// How deeply the engine merges objects.
const DEPTH: usize = 126;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Merge {
    pub(crate) shape: &'static str,
    /// Nanoseconds of CPU time per byte of the session, for sessions of 64 KiB and of 1 MiB.
    pub(crate) small: f64,
    pub(crate) large: f64,
}

/// A kind of session: about `size` bytes of JSON. Two versions differ at every level.
type Shape = (&'static str, fn(size: usize, version: usize) -> String);

const SHAPES: [Shape; 5] = [
    ("many keys", |size, version| object(size / 24, version, None)),
    ("127 nested objects", |size, version| nested(size, |size, inner| object(size / 24, version, inner))),
    ("an array", |size, version| format!("{{\"items\":{}}}", array(size / 8, version, None))),
    ("127 nested arrays", |size, version| {
        format!("{{\"items\":{}}}", nested(size, |size, inner| array(size / 8, version, inner)))
    }),
    ("strings with escapes", |size, version| {
        let members: Vec<_> = (0..size / 40)
            .map(|n| format!(r#""k\u00e9{n:07}":"\u00e9\n\"{:06}\ud83d""#, scattered(n, version)))
            .collect();
        format!("{{{}}}", members.join(","))
    }),
];

/// Measures all shapes.
pub(crate) async fn measure(servers: &Servers) -> Result<Vec<Merge>, BoxError> {
    let store = PgStore::builder(servers.url()).table("merge").max_size(4 * LARGE).build()?;
    store.setup().await?;
    let mut merges = Vec::new();
    for (shape, session) in SHAPES {
        let mut per_byte = [0.0; 2];
        for (figure, size) in per_byte.iter_mut().zip([SMALL, LARGE]) {
            *figure = nanoseconds_per_byte(&store, [1, 3, 7].map(|version| session(size, version))).await?;
        }
        let [small, large] = per_byte;
        eprintln!("merge of {shape}: {small:.0} ns per byte of 64 KiB, {large:.0} of 1 MiB");
        merges.push(Merge { shape, small, large });
    }
    store.close().await;
    Ok(merges)
}

async fn nanoseconds_per_byte(store: &PgStore, [base, theirs, ours]: [String; 3]) -> Result<f64, BoxError> {
    let (mut seconds, rounds) = (0.0, BYTES_IN_ALL / base.len());
    for _ in 0..rounds {
        store.set("merge", raw(&base)?, TTL).await?;
        let loaded = require(store.get("merge").await?)?;
        store.set("merge", raw(&theirs)?, TTL).await?;
        let before = CpuTime::sample().ok_or("CPU time is read from /proc, which only Linux has")?;
        let updated = store.update(&loaded, raw(&ours)?, TTL).await?;
        let after = CpuTime::sample().ok_or("/proc has disappeared")?;
        seconds += after.client_seconds_since(before);
        if updated == Updated::Gone {
            return Err("the session has disappeared".into());
        }
    }
    Ok(seconds * 1e9 / (rounds * base.len()) as f64)
}

fn raw(json: &str) -> serde_json::Result<&RawValue> {
    serde_json::from_str(json)
}

/// Nests what `level` writes for its part of the size, with the next level within it.
fn nested(size: usize, level: impl Fn(usize, Option<&str>) -> String) -> String {
    (1..DEPTH).fold(level(size / DEPTH, None), |inner, _| level(size / DEPTH, Some(&inner)))
}

fn object(members: usize, version: usize, inner: Option<&str>) -> String {
    let mut text = format!("{{\"inner\":{}", inner.unwrap_or("{}"));
    for n in 0..members {
        // Writing to a String cannot fail.
        let _ = write!(text, ",\"key{n:08}\":\"v{:06}\"", scattered(n, version));
    }
    text + "}"
}

fn array(items: usize, version: usize, inner: Option<&str>) -> String {
    let mut text = format!("[{}", inner.unwrap_or("[]"));
    for n in 0..items {
        let _ = write!(text, ",1{:06}", scattered(n, version));
    }
    text + "]"
}

fn scattered(n: usize, version: usize) -> usize {
    (n + 1) * version * 7919 % 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_has_its_size_and_versions_that_differ() {
        for (shape, session) in SHAPES {
            for size in [SMALL, LARGE] {
                let [one, other] = [1, 3].map(|version| session(size, version));
                assert!(raw(&one).is_ok() && one != other, "{shape}");
                assert!((size * 7 / 10..size * 13 / 10).contains(&one.len()), "{shape}: {} for {size}", one.len());
            }
        }
    }
}
