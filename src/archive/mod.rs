//! The archive: the one thing that collecting and analysing share.
//!
//! A zip of text, written front to back, that names what it holds and what it lacks. `layout` knows every path,
//! `format` every record, `writer` makes it, `reader` opens it (a zip, an unpacked folder, or bytes; cut ones too)
//! and trusts nothing it finds there. `container` reads the zip, `folder` an unpacked one.

mod container;
mod copy;
pub mod coverage;
pub mod custody;
mod entry;
mod error;
mod fit;
mod folder;
pub mod format;
mod index;
mod inherit;
pub mod layout;
mod limits;
mod lines;
mod manifest;
mod medium;
mod notes;
mod plain_path;
mod reader;
mod remake;
mod shared_file;
mod signature;
mod soundness;
mod split;
mod sums;
mod unsealed;
pub mod verify;
mod worth;
mod writer;

pub use entry::{Content, EntryBuilder, PreparedEntry, Target};
pub use error::{ArchiveError, Hostile};
pub use fit::fit;
pub use limits::Limits;
pub use reader::Archive;
pub use remake::{Making, Remade, repair};
pub use signature::{SigningKey, VerifyingKey};
pub use soundness::{Anomaly, Condition};
pub use split::split;
pub use writer::{ArchiveWriter, Sealed};
