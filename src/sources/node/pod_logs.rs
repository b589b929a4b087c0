//! What containers printed: the current instance and the one before, of every kind of container. Of running containers
//! by the short way of `now_written` where it is open, else by the API.
//!
//! Times are asked for always, the window's start by `sinceTime`; its end is cut here, as the API has no such
//! parameter. The kubelet reports some errors as a log with status 200: these are outcomes, never logs.

use super::containers::{self, Asked, Container, NodeFile};
use super::fetched_log::{FetchedLog, broken_off, keep};
use super::log_cut::{LogCut, Seen};
use super::now_written;
use super::stamp;
use crate::archive::format::Status;
use crate::archive::layout::{self, Instance};
use crate::archive::{ArchiveError, Content, EntryBuilder};
use crate::objects::Pod;
use crate::sources::run::Run;
use crate::sources::run::inventory::Objects;
use crate::sources::run::item::{Item, ItemOutcome, or_end};
use crate::sources::run::job::{Job, Rank};
use crate::sources::run::ledger::ItemSpec;
use crate::sources::wire::api::{Answer, Api, Deadlines, Problem, escaped};
use crate::sources::wire::status::quoted;
use crate::sources::{Permission, Profile, Source};
use chrono::SecondsFormat;
use std::ops::ControlFlow;
use std::sync::Arc;

pub static SOURCE: Source = Source {
    id: "pod-logs",
    title: "Container logs, current and previous",
    why: "what the programs said before they died; gone with the next restart, rotation or eviction",
    permissions: &[Permission::new("", "pods/log", &["get"])],
    paths: &["logs/NAMESPACE/POD/CONTAINER/current.log", "logs/NAMESPACE/POD/CONTAINER/previous.log"],
    profile: Profile::Quick,
    cap: 10 * 1024 * 1024,
    deadlines: Deadlines::USUAL,
    expect: |options| options.expected(&SOURCE, "logs of all pods"),
    run: |run, items| Box::pin(plan(run, items)),
};

async fn plan(run: Arc<Run>, mut items: Vec<Item>) {
    let (pods, _) = tokio::join!(run.inventory.pods.wait(), run.inventory.node_names.wait());
    let Some(pods) = or_end(pods, &mut items) else { return };
    let pods = Arc::new(pods);
    let mut jobs = Vec::new();
    for (number, pod) in pods.iter().enumerate() {
        let read = pod.map_err(|error| error.to_string());
        let pod = match read.and_then(|pod| serde_json::from_str::<Pod>(&pod).map_err(|error| error.to_string())) {
            Ok(pod) => pod,
            Err(error) => {
                let item = run.ledger.plan(ItemSpec::new(SOURCE.id, format!("pod number {number} of the list")));
                item.finish(ItemOutcome::new(Status::Failed, format!("it cannot be read: {error}")));
                continue;
            }
        };
        let breaker = pod.node().map(|node| run.breaker(node));
        for (at, container) in containers::of(&pod).iter().enumerate() {
            for instance in [Instance::Current, Instance::Previous] {
                let subject = format!("{} {}, {}", pod.subject(), container.called(), instance.name());
                let spec = ItemSpec::new(SOURCE.id, subject).of_node(breaker.clone());
                match container.is_worth_asking(&pod, instance) {
                    Asked::No => {}
                    Asked::Never(status, why) => {
                        run.ledger.plan(spec).finish(ItemOutcome::new(status, why));
                    }
                    Asked::Yes => {
                        let entry = LogRequest::new(&pod, container, instance).entry();
                        let planned = PlannedLog { pods: pods.clone(), pod: number, container: at, instance };
                        jobs.push(job(&run, planned, run.ledger.plan(spec.entry(entry))));
                    }
                }
            }
        }
    }
    items.into_iter().for_each(Item::expand);
    run.pool.submit(jobs);
}

/// Where in the list stands what is to be asked for. The names are read from there when it is their turn.
struct PlannedLog {
    pods: Arc<Objects>,
    /// Its number in the list.
    pod: usize,
    /// Its number among the containers of the pod.
    container: usize,
    instance: Instance,
}

impl PlannedLog {
    /// The error says why it cannot be read.
    fn request(&self) -> Result<LogRequest, String> {
        let unread = |error: &dyn std::fmt::Display| format!("the working copy of the list cannot be read: {error}");
        let pod = self.pods.get(self.pod).map_err(|error| unread(&error))?;
        let pod: Pod = serde_json::from_str(&pod).map_err(|error| unread(&error))?;
        let containers = containers::of(&pod);
        let container = containers.get(self.container).ok_or_else(|| unread(&"the pod has fewer containers"))?;
        Ok(LogRequest::new(&pod, container, self.instance))
    }
}

/// One log to ask for.
struct LogRequest {
    namespace: String,
    pod: String,
    container: String,
    instance: Instance,
    file: Option<NodeFile>,
}

impl LogRequest {
    fn new(pod: &Pod, container: &Container<'_>, instance: Instance) -> Self {
        Self {
            namespace: pod.metadata.namespace.clone(),
            pod: pod.metadata.name.clone(),
            container: container.name.to_owned(),
            instance,
            file: container.now_written(pod).filter(|_| instance == Instance::Current),
        }
    }

    fn entry(&self) -> String {
        layout::pod_log(&self.namespace, &self.pod, &self.container, self.instance)
    }
}

fn job(run: &Arc<Run>, planned: PlannedLog, item: Item) -> Job {
    let rank = match planned.instance {
        Instance::Previous => Rank::Previous,
        Instance::Current => Rank::Rotating,
    };
    let run = run.clone();
    Job::new(rank, item, move |item| async move {
        match planned.request() {
            Ok(request) => ask(&run, &request, item).await,
            Err(why) => item.finish(ItemOutcome::new(Status::Failed, why)),
        }
    })
}

async fn ask(run: &Arc<Run>, request: &LogRequest, item: Item) {
    let item = match &request.file {
        None => item,
        Some(file) => match now_written::read(run, (request.entry(), run.options.cap(&SOURCE)), file, item).await {
            None => return,
            Some(item) => item,
        },
    };
    let since = run.options.window.from.to_rfc3339_opts(SecondsFormat::Secs, true);
    let LogRequest { namespace, pod, container, instance, .. } = request;
    let path = format!("{}&sinceTime={}", path([namespace, pod, container], *instance), escaped(&since));
    match open(&run.api, &path, SOURCE.deadlines).await {
        Ok((answer, insecure)) => take(run, request, answer, item, insecure).await,
        Err(problem) => run.fail(item, problem),
    }
}

/// Where the log of a container, of a pod in a namespace, is asked for, with times.
pub(super) fn path([namespace, pod, container]: [&str; 3], instance: Instance) -> String {
    let previous = if instance == Instance::Previous { "&previous=true" } else { "" };
    format!(
        "/api/v1/namespaces/{}/pods/{}/log?container={}&timestamps=true{previous}",
        escaped(namespace),
        escaped(pod),
        escaped(container)
    )
}

/// Asks for a log, and says whether the kubelet's certificate was not verified: that is no reason to lose a log, and the
/// API allows to overlook it.
pub(super) async fn open(api: &Api, path: &str, deadlines: Deadlines) -> Result<(Answer, bool), Problem> {
    match api.get(path, None, deadlines).await {
        Ok(answer) => Ok((answer, false)),
        Err(problem) if is_certificate(&problem) => {
            let path = format!("{path}&insecureSkipTLSVerifyBackend=true");
            api.get(&path, None, deadlines).await.map(|answer| (answer, true)).map_err(refined)
        }
        Err(problem) => Err(refined(problem)),
    }
}

fn is_certificate(problem: &Problem) -> bool {
    problem.code.is_some() && (problem.why.contains("x509:") || problem.why.contains("tls: "))
}

/// The API server's refusals of a log, in the words of an outcome.
fn refined(problem: Problem) -> Problem {
    let status = match problem.code {
        Some(400) if problem.why.contains("previous terminated container") => Status::Expired,
        Some(400) if problem.why.contains("is waiting to start") => Status::Absent,
        Some(400) if problem.why.contains("is terminated") || problem.why.contains("not available") => Status::Expired,
        // The pod was listed, so it was there a moment ago.
        Some(404) => Status::Expired,
        _ => problem.status,
    };
    Problem { status, ..problem }
}

/// Streams a log into an entry.
async fn take(run: &Arc<Run>, request: &LogRequest, mut answer: Answer, item: Item, insecure: bool) {
    let cap = usize::try_from(run.options.cap(&SOURCE)).unwrap_or(usize::MAX);
    let mut cut = LogCut::new(stamp::of_container(), run.options.window, cap);
    let code = answer.code;
    let written = async {
        let mut entry = EntryBuilder::new(run.writer.target(), request.entry(), Content::ContainerLog)?;
        let taken = answer
            .each(|data| {
                let more = cut.push(data, &mut |line| entry.write(line))?;
                Ok(if more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })
            .await;
        let broken = broken_off(taken)?;
        let seen = cut.end(&mut |line| entry.write(line))?;
        Ok::<_, ArchiveError>((entry, seen, broken))
    };
    let (entry, seen, broken) = match written.await {
        Ok(written) => written,
        Err(error) => return item.finish(ItemOutcome::new(Status::Failed, error.to_string())),
    };
    let mut outcome = seen.telling(verdict(&seen)).code(Some(code).filter(|code| *code != 200));
    if insecure {
        outcome.why = telling(&outcome.why, UNVERIFIED);
    }
    keep(run, FetchedLog { entry, lines: seen.lines, spans: seen.spans(), outcome, broken }, item).await;
}

/// By which way it came.
pub(super) const UNVERIFIED: &str = "read without verifying the kubelet's certificate";

/// A reason, and one more.
pub(super) fn telling(why: &str, more: &str) -> String {
    if why.is_empty() { more.to_owned() } else { format!("{why}; {more}") }
}

/// Whether what came is a log.
pub(super) fn verdict(seen: &Seen) -> ItemOutcome {
    let with = |status, why: String| ItemOutcome { from: seen.first, to: seen.last, ..ItemOutcome::new(status, why) };
    if !seen.unstamped.is_empty() && is_error_sentence(&seen.unstamped) {
        let status = if seen.any_stamp { Status::Truncated } else { Status::Expired };
        return with(status, quoted(&seen.unstamped));
    }
    match seen {
        _ if seen.lines == 0 => with(Status::Empty, "the kubelet has no line of it within the window".to_owned()),
        _ if !seen.any_stamp => with(Status::Failed, format!("not a log: {}", quoted(&seen.opening))),
        _ if seen.left_out_lines > 0 => with(Status::Truncated, seen.left_out()),
        _ => with(Status::Collected, String::new()),
    }
}

/// What the kubelet or the runtime say in place of a log, with status 200.
///
/// From pkg/kubelet/kuberuntime/kuberuntime_container.go and pkg/kubelet/kuberuntime/logs of Kubernetes.
fn is_error_sentence(line: &[u8]) -> bool {
    const SENTENCES: [&str; 7] = [
        "unable to retrieve container logs for ",
        "failed to try resolving symlinks in path ",
        "failed to create fsnotify watcher",
        "failed to open log file ",
        "rpc error: code = ",
        "an error on the server (",
        "Error from server",
    ];
    let line = String::from_utf8_lossy(line);
    SENTENCES.iter().any(|sentence| line.starts_with(sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(log: &str) -> (Status, String) {
        let time = |text: &str| chrono::DateTime::parse_from_rfc3339(text).expect("a time").to_utc();
        let window = crate::model::Window::new(time("2026-11-21T07:00:00Z"), time("2026-11-21T08:00:00Z"));
        let mut cut = LogCut::new(stamp::of_container(), window, 1000);
        let mut out = |_: &[u8]| -> Result<(), ()> { Ok(()) };
        cut.push(log.as_bytes(), &mut out).expect("no error");
        let seen = cut.end(&mut out).expect("no error");
        let outcome = verdict(&seen);
        (outcome.status, outcome.why)
    }

    #[test]
    fn sentences_are_no_logs() {
        let gone = "unable to retrieve container logs for containerd://8b1f0e6f7a";
        assert_eq!(check(gone), (Status::Expired, gone.to_owned()));
        let links = "failed to try resolving symlinks in path \"/var/log/pods/a_b_c/d/0.log\": lstat /var/log/pods/a_b_c/d/0.log: no such file or directory";
        assert_eq!(check(links).0, Status::Expired);
        assert_eq!(check("<html>login</html>\n").0, Status::Failed);
    }

    #[test]
    fn a_program_may_print_such_a_sentence() {
        let log = "2026-11-21T07:12:31.1Z unable to retrieve container logs for containerd://8b1f0e6f7a\n";
        assert_eq!(check(log), (Status::Collected, String::new()));
    }

    #[test]
    fn a_sentence_after_lines_is_a_cut() {
        let log = "2026-11-21T07:12:31.1Z a\nfailed to try resolving symlinks in path \"/x\": no such file\n";
        assert_eq!(check(log).0, Status::Truncated);
        assert_eq!(check("").0, Status::Empty);
        assert_eq!(check("2026-11-21T06:12:31.1Z before\n").0, Status::Empty);
    }

    #[test]
    fn names_are_read_from_the_list() {
        let pod = r#"{"metadata":{"namespace":"shop","name":"api-0"},"spec":{"initContainers":[{"name":"copy"}],"containers":[{"name":"app"}]}}"#;
        let pods = Arc::new(Objects::of(["no pod", pod]));
        let entry = |pod, container| {
            let planned = PlannedLog { pods: pods.clone(), pod, container, instance: Instance::Previous };
            planned.request().map(|request| request.entry())
        };
        assert_eq!(entry(1, 0).as_deref(), Ok("logs/shop/api-0/copy/previous.log"));
        assert_eq!(entry(1, 1).as_deref(), Ok("logs/shop/api-0/app/previous.log"));
        for (pod, container) in [(0, 0), (1, 2), (2, 0)] {
            let why = entry(pod, container).expect_err("there is none");
            assert!(why.starts_with("the working copy of the list cannot be read: "), "{why}");
        }
    }

    #[test]
    fn refusals_have_their_status() {
        let with = |code, why: &str| refined(Problem { code: Some(code), ..Problem::new(Status::Failed, why) }).status;
        assert_eq!(
            with(400, r#"previous terminated container "app" in pod "web-84dbdb574f-s7llp" not found"#),
            Status::Expired
        );
        assert_eq!(
            with(400, r#"container "app" in pod "api-0" is waiting to start: ContainerCreating"#),
            Status::Absent
        );
        assert_eq!(with(404, r#"pods "api-0" not found"#), Status::Expired);
    }
}
