//! One run: what perishes first is fetched first, with limits on everything, and it ends with a sealed archive
//! whatever happens.

pub mod base_archive;
pub mod checks;
mod closing;
pub mod inventory;
pub mod item;
pub mod job;
pub mod ledger;
pub mod node_breaker;
mod opening;
pub mod per_node;
pub mod pool;
pub mod preflight;
mod queue;
pub mod raw_response;
mod readings;
pub mod shared;
pub mod writer_handle;

use crate::archive::format::{ClockReading, Status};
use crate::archive::{self, ArchiveWriter, Content, EntryBuilder, Sealed, Target};
use crate::model::{Subject, Window};
use crate::redact::Redactor;
use crate::sources::node_pods::NodePods;
use crate::sources::permissions::{Needs, review_all};
use crate::sources::wire::api::{Api, Deadlines, Problem};
use crate::sources::{ALL, Access, Login, Profile, Query, Source, SourcesError, recorded_logs, recorded_members};
use base_archive::BaseArchive;
use checks::CheckFile;
use chrono::Utc;
use futures_util::future::BoxFuture;
use inventory::Inventory;
use item::{Closing, Item, ItemOutcome};
use ledger::{Ledger, Progress};
use node_breaker::NodeBreaker;
use pool::Pool;
use preflight::Found;
use readings::Readings;
use shared::Shared;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use writer_handle::{Sealing, WriterHandle, Written};

/// How long a kubelet may take to say that it is there: one that does not makes a run no more than ten seconds longer.
const PROBE: Deadlines = Deadlines::brief(Duration::from_secs(8));
/// How long the API server may take to say that it still is.
const CHECK: Deadlines = Deadlines::brief(Duration::from_secs(5));

/// What a kubelet is asked to see whether it is there.
pub fn probe_path(node: &str) -> String {
    format!("/api/v1/nodes/{node}/proxy/healthz")
}

/// What is to be collected, and where to.
#[derive(Clone, Debug)]
pub struct Options {
    pub window: Window,
    /// All namespaces if empty.
    pub namespaces: Vec<String>,
    /// The collectors to run. The lists that others need come in any case.
    pub sources: Vec<&'static Source>,
    /// How much each may bring. Which there are, `sources` says.
    pub profile: Profile,
    /// A Prometheus that is reached from here, instead of those found in the cluster.
    pub prometheus: Option<http::Uri>,
    /// Who asks it.
    pub login: Option<Login>,
    /// Whose data every Prometheus is asked for, where it has those of several tenants.
    pub tenant: Option<http::HeaderValue>,
    /// What every Prometheus is asked for besides.
    pub queries: Vec<Query>,
    pub deadline: Duration,
    pub path: PathBuf,
    /// Replace what is at `path`.
    pub replace: bool,
    /// The options as given, for the archive's header.
    pub given: BTreeMap<String, String>,
    /// An archive to go on with: what it has is taken over, header included, and only the rest is asked for.
    pub resume: Option<BaseArchive>,
    /// The folder of a recorder, whose part since the window began is kept.
    pub recording: Option<PathBuf>,
    /// Runs of outside checks, kept as they are beside what is asked for.
    pub checks: Vec<CheckFile>,
    pub sealing: Sealing,
    /// Takes credentials out of everything before it is written, wherever it waits or is said.
    pub redactor: Option<Redactor>,
    /// Ways to nodes beside their kubelets.
    pub access: Access,
}

/// How a run went.
#[derive(Debug)]
pub struct RunSummary {
    pub sealed: Sealed,
    /// Why the run ended before its time, if it did.
    pub closing: Option<Closing>,
    /// What the clock of the API server showed when the run began.
    pub clocks: Vec<ClockReading>,
    /// Jobs of ours, with their pods, that could not be removed. They go by themselves within minutes.
    pub left: Vec<String>,
}

/// What every collector works with.
pub struct Run {
    pub api: Api,
    pub writer: WriterHandle,
    pub ledger: Arc<Ledger>,
    pub pool: Pool,
    pub inventory: Inventory,
    pub clocks: Readings,
    pub shared: Shared,
    /// Creates pods on nodes, if that was allowed.
    pub node_pods: Option<NodePods>,
    pub options: Options,
    /// The UID of the cluster, where it told that.
    pub cluster: Option<String>,
    breakers: Mutex<BTreeMap<String, Arc<NodeBreaker>>>,
    checking: AtomicBool,
    stop: CancellationToken,
}

impl Run {
    /// The breaker of a node. One that was not listed is not known to be suspect.
    pub fn breaker(&self, node: &str) -> Arc<NodeBreaker> {
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        breakers.entry(node.to_owned()).or_insert_with(|| Arc::new(NodeBreaker::new(node, false))).clone()
    }

    /// Makes the breakers of the listed nodes, those in `suspects` to be asked last.
    pub fn make_breakers(&self, nodes: &BTreeMap<String, bool>) {
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        for (node, suspect) in nodes {
            breakers.entry(node.clone()).or_insert_with(|| Arc::new(NodeBreaker::new(node, *suspect)));
        }
    }

    /// Ends `item` with `problem`, and sees whether the kubelet and the API server are still there.
    pub fn fail(self: &Arc<Self>, item: Item, problem: Problem) {
        self.fail_with(item, problem.clone(), problem.into());
    }

    /// As [`Run::fail`], where something of the item came and is in the archive.
    pub fn fail_with(self: &Arc<Self>, item: Item, problem: Problem, outcome: ItemOutcome) {
        if let Some(breaker) =
            item.breaker().filter(|_| matches!(problem.status, Status::Unreachable | Status::Timeout))
        {
            breaker.doubt(|| Closing::from(problem.clone()));
        }
        if problem.is_silence() {
            self.check_api_server();
        }
        item.finish(outcome);
    }

    /// Writes an entry whole and tells how it ended. An error means that the run is over.
    pub async fn store(&self, path: &str, content: Content, bytes: &[u8]) -> Option<ItemOutcome> {
        let entry = EntryBuilder::whole(self.writer.target(), path, content, bytes);
        match entry {
            Ok(entry) => {
                let size = entry.bytes();
                self.writer.entry(entry).await.ok()?;
                Some(ItemOutcome::collected(path, size))
            }
            Err(error) => Some(ItemOutcome::new(Status::Failed, error.to_string())),
        }
    }

    fn check_api_server(self: &Arc<Self>) {
        if self.checking.swap(true, Ordering::AcqRel) {
            return;
        }
        let run = self.clone();
        tokio::spawn(async move {
            run.api_server_answers().await;
            run.checking.store(false, Ordering::Release);
        });
    }

    /// Whether the API server is still there; ends the run if it is not.
    async fn api_server_answers(&self) -> bool {
        match self.api.get("/version", None, CHECK).await {
            Err(problem) if problem.is_silence() => {
                let why = format!("the API server stopped answering: {}", problem.why);
                self.ledger.close(Closing::new(Status::Unreachable, why));
                self.stop.cancel();
                false
            }
            _ => true,
        }
    }

    async fn probe(self: Arc<Self>, breaker: Arc<NodeBreaker>) {
        let problem = match self.api.get(&probe_path(breaker.node()), None, PROBE).await {
            Ok(answer) => {
                self.clocks.note(answer.clock.reading(Subject::node(breaker.node()).to_string()));
                return breaker.answered();
            }
            Err(problem) => problem,
        };
        // A kubelet is not to be blamed for the silence of the API server between it and us.
        if problem.is_silence() && !self.api_server_answers().await {
            return;
        }
        match problem.status {
            Status::Denied => breaker.go_unprobed(),
            // It answered, if only to say that it is not well.
            Status::Failed => breaker.answered(),
            Status::Absent => {
                breaker.trip(Closing::new(Status::Absent, format!("no node {}: {}", breaker.node(), problem.why)))
            }
            _ => {
                let why = format!("kubelet of {} does not answer: {}", breaker.node(), problem.why);
                breaker.trip(Closing::new(Status::Unreachable, why));
            }
        }
    }
}

/// Collects, or goes on with an older archive. `interrupted` ends the run early and with what it has; so does the
/// deadline.
///
/// Boxed, as all that programs await of this room: otherwise each of them would compile the whole room again.
pub fn collect(
    api: Api,
    context: Option<String>,
    options: Options,
    progress: Arc<Progress>,
    interrupted: BoxFuture<'static, String>,
) -> BoxFuture<'static, Result<RunSummary, SourcesError>> {
    Box::pin(run(api, context, options, progress, interrupted))
}

async fn run(
    api: Api,
    context: Option<String>,
    options: Options,
    progress: Arc<Progress>,
    interrupted: BoxFuture<'static, String>,
) -> Result<RunSummary, SourcesError> {
    let started_at = Utc::now();
    let ledger = Ledger::resuming(progress, options.resume.as_ref().map(BaseArchive::outcomes).unwrap_or_default());
    // Whoever ends a run early ends all of it; a cluster that does not answer ends what is asked of it.
    let end = CancellationToken::new();
    let stop = end.child_token();
    // First of all, so that a place that cannot be written to is told before the cluster is asked anything.
    let folder = options.path.parent().unwrap_or(std::path::Path::new(""));
    let target = Target::new(archive::top_folder(&options.path), started_at, folder);
    let target = target.encrypted_to(options.sealing.recipients.clone()).redacted_by(options.redactor.clone());
    let mut writer = ArchiveWriter::create(&options.path, target, options.replace)?;
    let api = api.guarded(Arc::default());
    let ending = tokio::spawn(end_early(ledger.clone(), end.clone(), options.deadline, interrupted));
    let found = tokio::select! {
        found = preflight::look(&api, context) => found,
        () = stop.cancelled() => Ok(Found::default()),
    };
    let found = match found.and_then(|found| opening::same_cluster(&options, &found.cluster).map(|()| found)) {
        Ok(found) => found,
        Err(error) => {
            ending.abort();
            // Should that fail, the first error says more.
            let _ = writer.discard();
            return Err(error);
        }
    };
    if let Some(closing) = &found.closing {
        ledger.close(closing.clone());
        stop.cancel();
    }
    let (clocks, cluster) = (found.clocks.clone(), found.cluster.uid.clone());
    let opened = opening::begin(&mut writer, &options, found, started_at)?;
    let (writer, thread) = WriterHandle::start(writer, ledger.clone(), (opened, options.sealing.clone()), stop.clone());
    let node_pods = options.access.pods.clone().map(|allowed| NodePods::new(&api, allowed));
    let run = Arc::new(Run {
        api,
        node_pods,
        writer,
        ledger: ledger.clone(),
        pool: Pool::default(),
        inventory: Inventory::default(),
        options,
        cluster,
        breakers: Mutex::default(),
        clocks: Readings::default(),
        shared: Shared::default(),
        checking: AtomicBool::new(false),
        stop,
    });
    let left = work(run, &end).await;
    ending.abort();
    let closing = ledger.closing();
    Ok(RunSummary { sealed: join(thread).await?, closing, clocks, left })
}

async fn join(thread: std::thread::JoinHandle<Written>) -> Written {
    match tokio::task::spawn_blocking(move || thread.join()).await {
        Ok(Ok(written)) => written,
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Plans everything, works on it, and returns when every item has its outcome, with what is left in the cluster.
async fn work(run: Arc<Run>, end: &CancellationToken) -> Vec<String> {
    let mut planning = JoinSet::new();
    let names = run.options.checks.iter().map(|check| check.name.clone()).collect();
    let kept = run.ledger.expect(checks::SOURCE, names);
    let mut expected: Vec<(&Source, Vec<Item>)> = Vec::new();
    for source in ALL {
        expected.push((source, run.ledger.expect(source.id, (source.expect)(&run.options))));
    }
    run.ledger.keep();
    // They are here already: whatever happens to the rest, these are in the file.
    checks::keep(&run, kept).await;
    let (of_recorder, expected): (Vec<_>, Vec<_>) =
        expected.into_iter().filter(|(_, items)| !items.is_empty()).partition(|(source, _)| source.asks_nobody());
    let recorded = async {
        for (source, items) in of_recorder {
            tokio::select! {
                () = (source.run)(run.clone(), items) => {}
                () = end.cancelled() => {}
            }
        }
    };
    for (source, items) in expected {
        planning.spawn((source.run)(run.clone(), items));
    }
    let (api, needs) = (run.api.clone(), Needs::of_details(&run.options));
    planning.spawn(async move { review_all(&api, needs).await });
    let prober = run.clone();
    let probe = Box::new(move |breaker| -> futures_util::future::BoxFuture<'static, ()> {
        Box::pin(prober.clone().probe(breaker))
    });
    let planned = async {
        tokio::select! {
            () = async { while planning.join_next().await.is_some() {} } => {}
            () = run.stop.cancelled() => {}
        }
        planning.shutdown().await;
        run.pool.complete();
    };
    tokio::join!(planned, run.pool.work(probe, run.api.limiter(), &run.stop), recorded);
    run.pool.abandon();
    recorded_logs::keep(&run).await;
    recorded_members::keep(&run).await;
    run.shared.clear();
    run.ledger.end();
    let left = match &run.node_pods {
        Some(pods) => pods.remove_own().await,
        None => Vec::new(),
    };
    readings::write(&run).await;
    let nodes = run.breakers.lock().unwrap_or_else(PoisonError::into_inner).len();
    run.writer.end(nodes).await;
    left
}

async fn end_early(
    ledger: Arc<Ledger>,
    end: CancellationToken,
    deadline: Duration,
    interrupted: impl Future<Output = String>,
) {
    let closing = tokio::select! {
        () = tokio::time::sleep(deadline) => {
            let why = format!("the deadline of {} had passed", humantime::format_duration(deadline));
            Closing::new(Status::Timeout, why)
        }
        why = interrupted => Closing::new(Status::Skipped, why),
    };
    ledger.close(closing);
    end.cancel();
}
