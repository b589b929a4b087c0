//! The short way to the log of a running container: the file that its node writes it to.
//!
//! The API sends a log line by line, and each line is flushed on its own by the kubelet, the API server and the
//! connection to us (`flushwriter.Wrap` in pkg/kubelet/server/server.go). The kubelet's file server hands out the same
//! file in large pieces, at a fraction of the cost for all three. Where it does not, the log comes by the API as ever.
//!
//! Only where both are the same for certain: the container was running when it was listed, so that its log is
//! `N.log` after N restarts (`BuildContainerLogsPath` in pkg/kubelet/kuberuntime/helpers.go).

use super::containers::NodeFile;
use super::fetched_log::{FetchedLog, keep};
use super::file_server;
use super::log_file::{self, FileForm};
use super::log_form::LogForm;
use crate::archive::format::Status;
use crate::logline::stamp::leading_rfc3339;
use crate::sources::run::Run;
use crate::sources::run::item::{Item, ItemOutcome};
use crate::sources::wire::api::{Answer, Deadlines};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

/// A file that is larger and begins before the window comes by the API, which sends what is in the window only. A
/// kubelet rotates at 10 MiB unless it is told otherwise.
const WHOLE: u64 = 1024 * 1024;

/// Nodes whose kubelets hand out no such files.
#[derive(Debug, Default)]
struct Refusals(Mutex<Refused>);

#[derive(Debug, Default)]
struct Refused {
    nodes: BTreeSet<String>,
    /// We may not ask any of them.
    all: bool,
}

impl Refusals {
    fn has(&self, node: &str) -> bool {
        let refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        refused.all || refused.nodes.contains(node)
    }

    fn add(&self, node: &str, status: Status) {
        let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        refused.all |= status == Status::Denied;
        refused.nodes.insert(node.to_owned());
    }
}

/// Reads `file` into the entry of this path, at most `cap` bytes, and ends `item`; or gives it back where the log has
/// to come by the API.
pub async fn read(run: &Arc<Run>, (path, cap): (String, u64), file: &NodeFile, item: Item) -> Option<Item> {
    let refusals = run.shared.of::<Refusals>();
    if refusals.has(&file.node) {
        return Some(item);
    }
    let name = format!("{}.log", file.restarts);
    let below = ["pods", &file.folder, &file.container, &name];
    let mut answer = match file_server::open(run, &file.node, &below, Deadlines::USUAL).await {
        Ok(answer) => answer,
        // Who is behind both ways is the same kubelet.
        Err(problem) if problem.is_silence() => {
            run.fail(item, problem);
            return None;
        }
        Err(problem) => {
            refusals.add(&file.node, problem.status);
            return Some(item);
        }
    };
    let is_large = answer.length.is_none_or(|length| length > WHOLE);
    if is_large && begins(&mut answer).await.is_none_or(|begins| begins < run.options.window.from) {
        return Some(item);
    }
    let form = FileForm { is_packed: false, is_written_to: true };
    let (entry, fetched) = match log_file::take(run, (path, cap), form, answer).await {
        Ok(taken) => taken,
        Err(error) => {
            item.finish(ItemOutcome::new(Status::Failed, error.to_string()));
            return None;
        }
    };
    // A page, or lines that the kubelet may read and we do not.
    if fetched.unreadable > 0 {
        refusals.add(&file.node, Status::Failed);
        return Some(item);
    }
    let outcome = fetched.verdict();
    keep(
        run,
        FetchedLog { entry, lines: fetched.seen.lines, spans: fetched.seen.spans(), outcome, broken: fetched.broken },
        item,
    )
    .await;
    None
}

/// The time of the first line.
async fn begins(answer: &mut Answer) -> Option<DateTime<Utc>> {
    let mut first = None;
    let mut stamp = |line: &[u8]| -> Result<bool, Infallible> {
        first = first.or_else(|| leading_rfc3339(line));
        Ok(first.is_none())
    };
    let Ok(_) = LogForm::default().push(answer.opening().await, &mut stamp);
    first
}
