//! A comment of an issue, as GitHub and Gitea, whose interface follows it, write one.

use super::desk::Own;
use super::fault::Fault;
use super::mark::Mark;
use super::wire::{Again, Sent, Wire};
use serde::de::DeserializeOwned;
use serde_json::json;

/// Writes it anew, or changes that of an earlier run; `issues` is the path of the repository's issues.
pub(super) fn write<T: DeserializeOwned>(
    wire: &Wire,
    (issues, number): (&str, u64),
    own: Option<&Own>,
    (text, mark): (&str, &Mark),
) -> Result<T, Fault> {
    let body = json!({ "body": mark.above(text) });
    match own {
        Some(own) => wire.ask("PATCH", &format!("{issues}/comments/{}", own.id), Sent::Json(&body), Again::Same),
        None => wire.ask("POST", &format!("{issues}/{number}/comments"), Sent::Json(&body), Again::Twice),
    }
}
