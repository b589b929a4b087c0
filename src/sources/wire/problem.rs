//! What went wrong with a question: already the outcome of the item that asked, so that nobody has to translate it.

use crate::archive::format::Status;

/// An answer that is none, as the outcome it will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub status: Status,
    pub why: String,
    pub code: Option<u16>,
    /// The `continue` token of a 410, with which a list may go on (Kubernetes API concepts, "410 Gone responses").
    pub resume: Option<String>,
}

impl Problem {
    pub fn new(status: Status, why: impl Into<String>) -> Self {
        Self { status, why: why.into(), code: None, resume: None }
    }

    /// Whether the server may be gone rather than unwilling: nothing came back at all.
    pub fn is_silence(&self) -> bool {
        self.code.is_none() && matches!(self.status, Status::Unreachable | Status::Timeout)
    }
}

/// Why a body was not read to its end.
#[derive(Debug)]
pub enum Broken<E> {
    /// It did not come.
    Off(Problem),
    /// Whoever took it could not go on.
    Taker(E),
}
