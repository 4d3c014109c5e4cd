//! The session's test of sameness, run as wasm.

#[path = "../../../crates/session/tests/same_everywhere.rs"]
mod same_everywhere;
