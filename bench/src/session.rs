//! The sessions that every target holds.

use std::time::Duration;

pub(crate) const TTL: Duration = Duration::from_secs(24 * 3600);

/// Returns the id of a session: 19 digits that look random. The hash is FNV-1a, which pgbench offers too.
pub(crate) fn id(number: usize) -> String {
    let bytes = (number as u64).to_le_bytes();
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    (hash & ((1 << 62) - 1) | 1 << 62).to_string()
}

/// Returns the data of a session: about 300 bytes of JSON.
pub(crate) fn data(number: usize) -> String {
    format!(r#"{{"user":{{"id":{number},"name":"Visitor {number}"}},"views":1,"pad":"{}"}}"#, "x".repeat(230))
}
