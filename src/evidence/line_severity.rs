//! How bad a line calls itself, by its old name here.

pub use crate::logline::severity::*;
