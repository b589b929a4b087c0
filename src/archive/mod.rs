//! The archive: the one thing that collecting and analysing share.
//!
//! A zip of text, written front to back, that names what it holds and what it lacks. `layout` knows every path and
//! `format` every record; `write` makes it; `read` opens it (a zip, a cut one, an unpacked folder, or bytes) and trusts
//! nothing it finds there; `rewrite` makes one from another; `recording` makes one piece of the
//! segments of a recorder; `verify` says whether it is what was sealed.

pub mod coverage;
pub mod custody;
mod encryption;
mod error;
pub mod format;
mod hash;
pub mod history;
pub mod layout;
mod read;
pub mod recording;
mod records;
mod rewrite;
mod scratch;
mod segments;
pub mod verify;
mod write;

pub use encryption::{Identities, Recipients};
pub use error::{ArchiveError, Hostile};
pub(crate) use read::Rewriting;
pub use read::limits::Limits;
pub use read::ranged::Ranged;
pub use read::remote::Remote;
#[cfg(feature = "live")]
pub(crate) use read::shared_file::SharedFile;
pub use read::soundness::{Anomaly, Condition};
pub use read::{Archive, Block};
pub use rewrite::fit::fit;
pub use rewrite::inherit::Inheritance;
pub use rewrite::redact::{gather, redact};
pub use rewrite::split::{Splitting, split};
pub use rewrite::{RewriteOptions, Rewritten, Without, repair, seal};
pub use scratch::Scratch;
pub(crate) use scratch::ScratchFile;
pub use segments::{Segment, segments};
pub use write::entry::{Content, EntryBuilder, PreparedEntry, Target};
pub use write::signature::{SigningKey, VerifyingKey};
#[cfg(feature = "live")]
pub(crate) use write::top_folder;
pub use write::{ArchiveWriter, Sealed};
