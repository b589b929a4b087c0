//! The name of a journal of a node, by which it is asked for and found in the archive.

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
}
