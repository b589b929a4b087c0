//! The archive: the one thing that collecting and analysing share.
//!
//! A zip of text, written front to back, that names what it holds and what it lacks. `layout` knows every path,
//! `format` every record, `writer` makes it, `reader` opens it (a zip, an unpacked folder, or bytes) and trusts
//! nothing it finds there.

pub mod coverage;
mod entry;
mod error;
pub mod format;
pub mod layout;
mod lines;
mod medium;
mod reader;
mod shared_file;
mod signature;
mod sums;
mod unsealed;
mod writer;

pub use entry::{Content, EntryBuilder, PreparedEntry, Target};
pub use error::ArchiveError;
pub use reader::{Archive, Limits};
pub use signature::{SigningKey, VerifyingKey};
pub use writer::{ArchiveWriter, Sealed};
