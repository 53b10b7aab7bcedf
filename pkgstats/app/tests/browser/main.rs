//! Pkg Stats in a real Chromium, on a real PostgreSQL.
//!
//! Needs `chromium`, `chromedriver` and npm, which fetches axe-core. Without them the tests say so and are skipped; with the
//! variable `PKGSTATS_STRICT`, they fail.

#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect should fail")]

mod axe;
mod browser;
mod chromedriver;
mod inspect;
mod keyboard;
mod no_script;
mod package;
mod pages;
mod print;
#[path = "../it/registry.rs"]
mod registry;
mod screenshots;
#[expect(dead_code, reason = "the tests without a browser need more of it")]
#[path = "../it/site.rs"]
mod site;
mod tabs;
mod view;
