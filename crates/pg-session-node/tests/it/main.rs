//! Node and Rust together, which needs the addon in its place: see `cargo xtask test`.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, its helpers too")]

mod apps;
mod rust;
