//! The archive: the one thing that collecting and analysing share.
//!
//! A zip of text, written front to back, that names what it holds and what it lacks. `layout` knows every path,
//! `format` every record, `writer` makes it, `reader` opens it (a zip, an unpacked folder, or bytes; cut ones too)
//! and trusts nothing it finds there. `container` reads the zip, `folder` an unpacked one.

mod container;
pub mod coverage;
mod entry;
mod error;
mod folder;
pub mod format;
mod index;
pub mod layout;
mod limits;
mod lines;
mod manifest;
mod medium;
mod plain_path;
mod reader;
mod shared_file;
mod signature;
mod soundness;
mod sums;
mod unsealed;
mod writer;

pub use entry::{Content, EntryBuilder, PreparedEntry, Target};
pub use error::{ArchiveError, Hostile};
pub use limits::Limits;
pub use reader::Archive;
pub use signature::{SigningKey, VerifyingKey};
pub use soundness::{Anomaly, Condition};
pub use writer::{ArchiveWriter, Sealed};
