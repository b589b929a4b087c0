//! The formats of inputs, one file each.

mod archive;
mod loose;

use super::format::Format;

/// All formats.
pub const FORMATS: &[Format] = &[archive::FORMAT, loose::FORMAT];
