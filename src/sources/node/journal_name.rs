//! The name of a journal of a node, by which it is asked for and found in the archive, with what all ways to it share.

use crate::archive::layout;
use crate::model::Subject;
use crate::sources::run::ledger::ItemSpec;

/// The ids of the two collectors that want journals.
pub const OF_UNITS: &str = "journals";
pub const OF_KERNEL: &str = "kernel";
/// The most bytes of a journal.
pub const CAP: u64 = 32 * 1024 * 1024;

/// A journal of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JournalName {
    Kernel,
    /// A unit of systemd, without `.service`.
    Unit(&'static str),
}

impl JournalName {
    /// As it is called in the archive.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Unit(unit) => unit,
        }
    }

    pub fn spec(self, node: &str) -> ItemSpec {
        let (source, subject) = match self {
            Self::Kernel => (OF_KERNEL, Subject::node(node).to_string()),
            Self::Unit(unit) => (OF_UNITS, format!("{} unit {unit}", Subject::node(node))),
        };
        ItemSpec::new(source, subject).entry(layout::journal(node, self.name()))
    }
}
