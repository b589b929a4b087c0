//! The tests that need no cluster, one binary for all.

mod scenarios;
mod tidy;
mod truth;
