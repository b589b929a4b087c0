//! The formats of inputs, one file each.

pub mod archive;
pub mod checks;
pub mod loose;
pub mod notes;

use super::format::Format;

/// All formats that an input may have whose kind nobody named.
pub const FORMATS: &[Format] = &[archive::FORMAT, loose::FORMAT];
