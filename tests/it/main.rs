//! The tests that need no cluster, one binary for all.

#![expect(clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod corpus;
mod hostile;
mod others;
mod scenarios;
mod tidy;
mod truth;
