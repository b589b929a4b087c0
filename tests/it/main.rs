//! The tests that need no cluster, one binary for all.

mod tidy;
