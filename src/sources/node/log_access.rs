//! The access that a kubelet gives to its node's logs, found out once for every node: it depends on its
//! configuration, which no version tells.
//!
//! `NodeLogQuery` is on by default from Kubernetes 1.36 only (KEP-2258), and needs `enableSystemLogQuery` as well in
//! most versions before. Where it is off, the parameters are ignored and /var/log is listed, with code 200.

use super::file_server::{self, Listed};
use crate::archive::format::Status;
use crate::sources::run::Run;
use crate::sources::wire::api::{Deadlines, Problem, escaped};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;

/// What is read of the answer to the probe; a listing of /var/log itself is never as long.
const OPENING: usize = 1024 * 1024;
/// How long the probe may take: journalctl on a sick disk is slow.
const DEADLINES: Deadlines = Deadlines { idle: Duration::from_secs(12), whole: Duration::from_secs(12) };

/// What a kubelet gives of its logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogAccess {
    /// Journals by unit, and files.
    Query,
    /// Files alone, and these are in /var/log.
    Files(Arc<[Listed]>),
    /// Neither: 405 where the handler is off, 404 where there is none, 403 where we may not ask.
    Nothing(Problem),
    /// It did not answer, or not to us; what is asked next may tell why.
    Unknown,
}

/// The access to all nodes asked so far.
#[derive(Debug, Default)]
pub struct AllLogAccess(Mutex<BTreeMap<String, Arc<OnceCell<LogAccess>>>>);

/// What the kubelet of `node` gives; it is asked by whoever wants to know first.
pub async fn of(run: &Run, node: &str) -> LogAccess {
    let all = run.shared.of::<AllLogAccess>();
    let cell = all.0.lock().unwrap_or_else(PoisonError::into_inner).entry(node.to_owned()).or_default().clone();
    cell.get_or_init(|| probe(run, node)).await.clone()
}

async fn probe(run: &Run, node: &str) -> LogAccess {
    let path = format!("/api/v1/nodes/{}/proxy/logs/?query=kubelet&tailLines=1", escaped(node));
    let body = match run.api.get(&path, None, DEADLINES).await {
        Ok(answer) => answer.up_to(OPENING).await,
        Err(problem) => Err(problem),
    };
    match body {
        Ok(body) if file_server::is_listing(&body) => LogAccess::Files(file_server::links(&body).into()),
        Ok(_) => LogAccess::Query,
        Err(problem) if matches!(problem.code, Some(404 | 405)) => {
            let why = format!("the kubelet serves no logs: {}", problem.why);
            LogAccess::Nothing(Problem { status: Status::Absent, why, ..problem })
        }
        Err(problem) if problem.status == Status::Denied => LogAccess::Nothing(problem),
        Err(_) => LogAccess::Unknown,
    }
}
