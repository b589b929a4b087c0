//! A report to where its incident is discussed: one comment with the draft, and files where the host takes them.
//!
//! The only room that posts outward, and only what it was given: a text, and files of a report, which redaction has let
//! through. It asks for the least it can, in the order in which nothing is lost: whether the token is good, whether the
//! issue is there, whether the comment of an earlier run is, whether all of it fits; then it uploads, writes the one
//! comment, and removes files that it wrote itself and replaced. What others wrote is never changed, nor what people made
//! of our comment.
//!
//! Each host is one file: what its documented interface is asked, and what of the answers is read. It knows no terminal, no
//! environment and no program; those who call it do.

mod address;
mod comment;
mod desk;
mod fault;
mod folder;
mod gitea;
mod github;
mod gitlab;
mod host;
mod jira;
mod mark;
mod multipart;
mod pace;
mod paged;
mod place;
mod post;
mod secret;
mod target;
mod upload;
mod wire;

pub use address::{Address, NotAnAddress};
pub use desk::Access;
pub use fault::Fault;
pub use host::{Files, Host, Tool, Variables};
pub use mark::{Name, NotAName};
pub use pace::Pace;
pub use post::{Attached, Body, If, post};
pub use secret::{Credential, Secret};
pub use target::{Issue, NotATarget, Target};
pub use upload::{Upload, kind_of};

/// Copies the files of a report into a folder.
pub use folder::{Copied, copy};
