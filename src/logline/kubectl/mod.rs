//! What kubectl prints for people to read: ages, tables, descriptions, and the lines of a terminal around them.
//!
//! Text in, borrowed parts out; what they mean is for whoever reads them.

pub mod age;
pub mod columns;
pub mod described;
pub mod prompt;
pub mod tables;
