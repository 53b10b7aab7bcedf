//! The registry against a registry on loopback, with real tarballs.

#![expect(clippy::unwrap_used, reason = "a test and its helpers fail by a panic")]

mod changes;
mod downloads;
mod faults;
mod folder;
mod memory;
mod packages;
mod packuments;
mod support;
