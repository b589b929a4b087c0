//! What each host's file has to say: the questions that posting asks, whichever host it is.

use super::address::Address;
use super::fault::Fault;
use super::mark::{Mark, Name};
use super::pace::Pace;
use super::secret::Credential;
use super::upload::Upload;

/// How a host is reached.
#[derive(Clone, Debug)]
pub struct Access {
    pub address: Address,
    pub credential: Credential,
    pub pace: Pace,
}

/// What a host said of what it takes, after it was asked whether token and issue are good.
pub(super) struct Open {
    /// Of files.
    pub takes: Takes,
}

/// What a host takes of files.
pub(super) enum Takes {
    /// None, and why.
    Nothing(&'static str),
    /// Of at most so many bytes each.
    Files { most: u64, kinds: Kinds },
}

/// Which files are taken as they are.
pub(super) enum Kinds {
    All,
    /// Those with one of these endings, as `.md`.
    Endings(Vec<String>),
}

/// A comment of an earlier run, by the same account.
#[derive(Clone, Debug)]
pub(super) struct Own {
    pub id: String,
    pub place: String,
    pub mark: Mark,
    pub is_as_sent: bool,
}

/// A comment that was written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub id: String,
    pub place: String,
}

/// A file that a host has taken.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    /// What it is removed by.
    pub reference: String,
    /// How a text links to it, in the host's markup.
    pub link: Option<String>,
}

/// When a host takes files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Before the comment, which then tells of them.
    Before,
    /// Onto the comment.
    After,
}

/// What each host's file has to say.
pub(super) trait Desk {
    /// Whether token and issue are good, and what the host takes.
    fn open(&mut self) -> Result<Open, Fault>;
    /// The comment of this name by the same account, if there is one.
    fn find(&self, name: &Name) -> Result<Option<Own>, Fault>;
    /// When files are sent.
    fn when(&self) -> When;
    /// Takes one file; onto a comment where files belong to one.
    fn take(&self, file: &Upload, comment: Option<&Written>) -> Result<Taken, Fault>;
    /// The text without what the host would obey.
    fn safe(&self, text: String) -> String {
        text
    }
    /// Writes a comment, or that of an earlier run anew.
    fn write(&self, own: Option<&Own>, text: &str, mark: &Mark) -> Result<Written, Fault>;
    /// The files that an earlier run sent with its comment, by what they are removed by.
    fn earlier(&self, own: &Own) -> Result<Vec<String>, Fault>;
    /// Removes a file that came with the comment of an earlier run, or one of this run; gives whether it was ours to
    /// remove.
    fn remove(&self, own: Option<&Own>, reference: &str) -> Result<bool, Fault>;
    /// How often and how long to wait.
    fn pace(&self) -> Pace;
}

impl Kinds {
    /// Whether a file of this name is.
    pub fn take(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Endings(endings) => endings.iter().any(|ending| name.ends_with(ending.as_str())),
        }
    }
}
