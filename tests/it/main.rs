//! The tests that need no cluster, one binary for all.

#![expect(clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

#[cfg(feature = "live")]
mod collected;
mod commands;
mod corpus;
mod durable;
mod flips;
mod frozen;
mod hostile;
mod made;
mod others;
mod redaction;
mod redaction_corpus;
mod scenarios;
mod sharing;
mod tidy;
mod truth;
