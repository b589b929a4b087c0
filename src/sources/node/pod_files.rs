//! Container logs that the API does not show, from the log files of a node: what was rotated away, instances older than
//! the one before, and pods that are no longer listed.
//!
//! A kubelet removes logs with their containers, within seconds of a deletion that goes well. What is left is of pods
//! that were deleted by force, or whose kubelet or runtime could not clean up: those that an incident is about.
//!
//! Files that were last written before the window are not read. A pod that is on the node and was not in the list may
//! also be newer than that; its path holds its UID either way.

use super::fetched_log::{FetchedLog, keep};
use super::file_server::{self, Listed};
use super::log_dir::{self, LogName, PodFolder};
use super::log_file::{self, FetchedFile, FileForm};
use crate::archive::format::Status;
use crate::archive::layout::{self, Container};
use crate::model::{Subject, rfc3339};
use crate::sources::run::Run;
use crate::sources::run::item::{Item, ItemOutcome, or_end};
use crate::sources::run::job::{Job, Rank};
use crate::sources::run::ledger::ItemSpec;
use crate::sources::run::node_breaker::NodeBreaker;
use crate::sources::wire::api::{Deadlines, Problem};
use crate::sources::{Permission, Profile, Source};
use std::collections::BTreeMap;
use std::sync::Arc;

pub static SOURCE: Source = Source {
    id: "pod-files",
    title: "Rotated container logs, and logs of pods that are gone",
    why: "what a busy or crashing container said earlier, and what a deleted pod said at all; the API shows neither",
    permissions: &[Permission::new("", "nodes/proxy", &["get"])],
    paths: &["logs/NAMESPACE/POD/CONTAINER/rotated/FILE.log", "logs/NAMESPACE/POD/CONTAINER/deleted/UID/FILE.log"],
    profile: Profile::Standard,
    cap: 10 * 1024 * 1024,
    deadlines: Deadlines::USUAL,
    expect: |options| options.expected(&SOURCE, "log files of all nodes"),
    run: |run, items| Box::pin(plan(run, items)),
};

/// The most files of one node that are read.
const FILES: usize = 300;

/// The names of the containers of listed pods, by UID.
type Containers = Arc<BTreeMap<String, Vec<String>>>;

async fn plan(run: Arc<Run>, mut items: Vec<Item>) {
    let (pods, nodes) = tokio::join!(run.inventory.pods.wait(), run.inventory.node_names.wait());
    let Some(pods) = or_end(pods, &mut items) else { return };
    let Some(nodes) = or_end(nodes, &mut items) else { return };
    let listed: Containers = Arc::new(log_dir::containers(&pods));
    let job = |node: &String| {
        let (run, listed, breaker) = (run.clone(), listed.clone(), run.breaker(node));
        let spec = ItemSpec::new(SOURCE.id, format!("{} log files", Subject::node(node)));
        let item = run.ledger.plan(spec.of_node(Some(breaker.clone())));
        // Of all logs, those of pods that are gone go first.
        Job::new(Rank::Previous, item, move |item| async move { search(run, breaker, listed, item).await })
    };
    let jobs: Vec<Job> = nodes.iter().map(job).collect();
    items.into_iter().for_each(Item::expand);
    run.pool.submit(jobs);
}

/// Looks for files on one node, and queues the reading of each.
async fn search(run: Arc<Run>, breaker: Arc<NodeBreaker>, listed: Containers, item: Item) {
    let folders = match file_server::list(&run, breaker.node(), &["pods"]).await {
        Ok(folders) => folders,
        Err(problem) => return run.fail(item, absent(problem)),
    };
    let mut jobs = Vec::new();
    let mut left_out = 0;
    for folder in folders.iter().filter_map(Listed::folder).filter_map(PodFolder::read) {
        let namespaces = &run.options.namespaces;
        if !namespaces.is_empty() && !namespaces.contains(&folder.namespace) {
            continue;
        }
        let files = match files_of(&run, breaker.node(), &folder, listed.get(&folder.uid)).await {
            Ok(files) => files,
            Err(problem) => {
                let subject = format!("Pod/{}/{} ({}) log files", folder.namespace, folder.pod, folder.uid);
                let part = run.ledger.plan(ItemSpec::new(SOURCE.id, subject).of_node(Some(breaker.clone())));
                let is_silence = problem.is_silence();
                run.fail(part, problem.clone());
                if is_silence {
                    return run.fail(item, problem);
                }
                continue;
            }
        };
        for file in files {
            if jobs.len() < FILES {
                jobs.push(file.job(&run, &breaker));
            } else {
                left_out += 1;
            }
        }
    }
    match (jobs.is_empty(), left_out) {
        (true, _) => {
            item.finish(ItemOutcome::new(Status::Empty, "no log was rotated, and no pod is gone whose logs are left"))
        }
        (false, 0) => item.expand(),
        (false, _) => item.finish(ItemOutcome::new(Status::Truncated, format!("{left_out} of its log files left out"))),
    }
    run.pool.submit(jobs);
}

fn absent(problem: Problem) -> Problem {
    match problem.code {
        Some(404) => {
            Problem { status: Status::Absent, why: "the kubelet serves no folder of pods' logs".to_owned(), ..problem }
        }
        _ => problem,
    }
}

/// The files of a pod that are worth reading; `listed` are its containers if it is in the API server's list. What is
/// gone by now has none.
async fn files_of(
    run: &Run,
    node: &str,
    folder: &PodFolder,
    listed: Option<&Vec<String>>,
) -> Result<Vec<File>, Problem> {
    let names = match listed {
        Some(names) => names.clone(),
        None => {
            let found = if_there(file_server::list(run, node, &["pods", &folder.name]).await)?;
            found.iter().filter_map(Listed::folder).map(str::to_owned).collect()
        }
    };
    let mut files = Vec::new();
    for container in names {
        let found = if_there(file_server::list(run, node, &["pods", &folder.name, &container]).await)?;
        let mut logs = log_dir::names(&found, run.options.window);
        if listed.is_some() {
            logs = log_dir::not_shown(logs);
        }
        let of = |log| File {
            folder: folder.name.clone(),
            container: folder.container(&container),
            deleted_uid: listed.is_none().then(|| folder.uid.clone()),
            log,
        };
        files.extend(logs.into_iter().map(of));
    }
    Ok(files)
}

fn if_there(listed: Result<Vec<Listed>, Problem>) -> Result<Vec<Listed>, Problem> {
    match listed {
        Err(problem) if problem.code == Some(404) => Ok(Vec::new()),
        listed => listed,
    }
}

/// One file to read.
struct File {
    folder: String,
    container: Container,
    /// The UID of its pod, if that was not listed.
    deleted_uid: Option<String>,
    log: LogName,
}

impl File {
    fn entry(&self) -> String {
        layout::log_file(&self.container, self.deleted_uid.as_deref(), &self.log.archived())
    }

    fn job(self, run: &Arc<Run>, breaker: &Arc<NodeBreaker>) -> Job {
        let Container { namespace, pod, name } = &self.container;
        let pod = match &self.deleted_uid {
            Some(uid) => format!("{} ({uid})", Subject::pod(namespace, pod)),
            None => Subject::pod(namespace, pod).to_string(),
        };
        let subject = format!("{pod} container {name}, file {}", self.log.file);
        let spec = ItemSpec::new(SOURCE.id, subject).of_node(Some(breaker.clone())).entry(self.entry());
        let rank = if self.deleted_uid.is_some() { Rank::Previous } else { Rank::Rotating };
        let (run, breaker) = (run.clone(), breaker.clone());
        let item = run.ledger.plan(spec);
        Job::new(rank, item, move |item| async move { read(&run, breaker.node(), &self, item).await })
    }
}

async fn read(run: &Arc<Run>, node: &str, file: &File, item: Item) {
    let path = ["pods", &file.folder, &file.container.name, &file.log.file];
    let answer = match file_server::open(run, node, &path, SOURCE.deadlines).await {
        Ok(answer) => answer,
        Err(problem) if problem.code == Some(404) => {
            let why = "it was removed after it was listed".to_owned();
            return run.fail(item, Problem { status: Status::Expired, why, ..problem });
        }
        Err(problem) => return run.fail(item, problem),
    };
    let before = answer.modified.filter(|modified| *modified < run.options.window.from);
    if let Some(modified) = before {
        let why = format!("it was last written at {}, before the window", rfc3339(modified));
        return item.finish(ItemOutcome::new(Status::Empty, why));
    }
    let form = FileForm { is_packed: file.log.is_packed(), is_written_to: false };
    let (entry, fetched) = match log_file::take(run, (file.entry(), run.options.cap(&SOURCE)), form, answer).await {
        Ok(taken) => taken,
        Err(error) => return item.finish(ItemOutcome::new(Status::Failed, error.to_string())),
    };
    let outcome = verdict(&fetched, file);
    keep(
        run,
        FetchedLog { entry, lines: fetched.seen.lines, spans: fetched.seen.spans(), outcome, broken: fetched.broken },
        item,
    )
    .await;
}

fn verdict(fetched: &FetchedFile, file: &File) -> ItemOutcome {
    let outcome = fetched.verdict();
    match outcome.status {
        Status::Collected if file.deleted_uid.is_some() && outcome.why.is_empty() => {
            ItemOutcome { why: "its pod was not listed".to_owned(), ..outcome }
        }
        Status::Collected if file.deleted_uid.is_some() => {
            ItemOutcome { why: format!("its pod was not listed; {}", outcome.why), ..outcome }
        }
        _ => outcome,
    }
}
