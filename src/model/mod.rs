//! The vocabulary every room shares: who a record is about, when it happened, and where it stands.
//!
//! Plain values only. This room reads no clock, no file and no environment, and imports no other.

mod citation;
mod commit;
mod end;
mod interner;
mod length;
mod moment;
mod severity;
mod starred;
mod subject;
mod window;

pub use citation::{Citation, EntryId};
pub use commit::{Commit, Commits, Files, LookedUp};
pub use end::End;
pub use interner::{Interner, Names};
pub use length::length;
pub use moment::{Clock, Gap, Moment, Order};
pub use severity::{Severity, SeverityError};
pub use starred::starred;
pub use subject::{Subject, SubjectError, SubjectPattern};
pub use window::{Window, rfc3339, to_the_second};
