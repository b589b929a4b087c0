//! A column, and those that nearly every kind has.

use super::Cell::{self, Age, Name};

/// Its name, whether it is shown with `-o wide` alone, and what stands in it.
pub type Column = (&'static str, bool, Cell);

pub const NARROW: bool = false;
pub const WIDE: bool = true;

pub const NAME: Column = ("Name", NARROW, Name);
pub const AGE: Column = ("Age", NARROW, Age);
