//! Scheduler, controller manager and etcd where they run as pods, as kubeadm sets them up: health and metrics, through
//! the API server.
//!
//! Most cannot be asked, and then the outcome says so beforehand: kubeadm has them listen on 127.0.0.1 only
//! (k8s.io/kubernetes v1.34.4, cmd/kubeadm/app/phases/controlplane/manifests.go and etcd/local.go), and the API server
//! reaches a pod by its address. It takes off the caller's credentials (k8s.io/apiserver v0.34.4,
//! pkg/endpoints/filters/authentication.go), so that scheduler and controller manager tell their health, which needs
//! none, and mostly refuse their metrics; and it does not verify the pod's certificate.

use crate::archive::format::Status;
use crate::archive::layout::{self, ComponentView};
use crate::model::Subject;
use crate::objects::{Pod, PodSpec};
use crate::sources::run::Run;
use crate::sources::run::item::{Item, ItemOutcome};
use crate::sources::run::job::{Job, Rank};
use crate::sources::run::ledger::ItemSpec;
use crate::sources::run::raw_response::{self, Form};
use crate::sources::wire::api::{Problem, escaped};
use crate::sources::wire::list;
use crate::sources::{Deadlines, Permission, Profile, Scope, Source};
use std::sync::Arc;

pub static SOURCE: Source = Source {
    id: "components",
    title: "What scheduler, controller manager and etcd tell of themselves",
    why: "whether what schedules, repairs and stores was well, where it can be asked",
    permissions: &[
        Permission::new("", "pods", &["list"]).at(Scope::Namespace("kube-system")),
        Permission::new("", "pods/proxy", &["get"]).at(Scope::Namespace("kube-system")),
    ],
    paths: &["controlplane/pods/POD/health.txt", "controlplane/pods/POD/metrics.txt"],
    profile: Profile::Standard,
    cap: 32 * 1024 * 1024,
    deadlines: Deadlines::USUAL,
    expect: |options| options.expected(&SOURCE, "scheduler, controller manager and etcd"),
    run: |run, items| Box::pin(plan(run, items)),
};

/// The label `component` is that of kubeadm's static pods.
const PODS: &str = "/api/v1/namespaces/kube-system/pods?limit=500&labelSelector=component%20in%20(kube-scheduler%2Ckube-controller-manager%2Cetcd)";
/// The most that is read of the list of pods, in bytes.
const LIST_BYTES: usize = 16 * 1024 * 1024;

/// A program of the control plane besides the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Component {
    Scheduler,
    ControllerManager,
    Etcd,
}

impl Component {
    const ALL: [Self; 3] = [Self::Scheduler, Self::ControllerManager, Self::Etcd];

    /// The value of the label `component`.
    fn label(self) -> &'static str {
        match self {
            Self::Scheduler => "kube-scheduler",
            Self::ControllerManager => "kube-controller-manager",
            Self::Etcd => "etcd",
        }
    }

    fn health(self) -> (&'static str, Form) {
        match self {
            Self::Etcd => ("health", Form::EtcdHealth),
            Self::Scheduler | Self::ControllerManager => ("healthz?verbose", Form::Checks),
        }
    }

    /// Where it listens if no flag says otherwise.
    fn port(self) -> &'static str {
        match self {
            Self::Scheduler => "10259",
            Self::ControllerManager => "10257",
            Self::Etcd => "2381",
        }
    }
}

/// Replaces the item by two for each pod of a component, and by one that says so for a component without a pod.
async fn plan(run: Arc<Run>, items: Vec<Item>) {
    if run.options.resume.as_ref().is_some_and(|base| base.has_all_of(SOURCE.id)) {
        return items.into_iter().for_each(drop);
    }
    let pods = match pods(&run).await {
        Ok(pods) => pods,
        Err(problem) => return items.into_iter().for_each(|item| run.fail(item, problem.clone())),
    };
    for component in Component::ALL {
        let own: Vec<&Pod> = pods.iter().filter(|(label, _)| label == component.label()).map(|(_, pod)| pod).collect();
        if own.is_empty() {
            let why = format!("kube-system has no pod with the label component={}", component.label());
            run.ledger.plan(ItemSpec::new(SOURCE.id, component.label())).finish(ItemOutcome::new(Status::Absent, why));
        }
        own.into_iter().for_each(|pod| plan_pod(&run, component, pod));
    }
    items.into_iter().for_each(Item::expand);
}

/// The pods of components, each with its label.
async fn pods(run: &Run) -> Result<Vec<(String, Pod)>, Problem> {
    let body = run.api.bytes(PODS, None, SOURCE.deadlines, LIST_BYTES).await?;
    let page = list::split(&body).map_err(|why| Problem::new(Status::Failed, why))?;
    let read = |item: &&str| {
        let mut pod: Pod = serde_json::from_str(item).ok()?;
        Some((pod.metadata.labels.remove("component")?, pod))
    };
    Ok(page.items.iter().filter_map(read).collect())
}

fn plan_pod(run: &Arc<Run>, component: Component, pod: &Pod) {
    let name = &pod.metadata.name;
    let address = listen_address(component, &pod.spec);
    let mut jobs = Vec::new();
    for view in ComponentView::ALL {
        let (path, form) = match view {
            ComponentView::Health => component.health(),
            ComponentView::Metrics => ("metrics", Form::Metrics),
        };
        let subject = format!("{} {path}", Subject::pod("kube-system", name));
        let entry = layout::component(name, view);
        let item = run.ledger.plan(ItemSpec::new(SOURCE.id, subject).entry(&entry));
        let path = match &address {
            Err(why) => {
                item.finish(ItemOutcome::new(Status::Absent, why));
                continue;
            }
            Ok(address) => {
                let (scheme, port) = (address.scheme, &address.port);
                format!("/api/v1/namespaces/kube-system/pods/{scheme}:{}:{}/proxy/{path}", escaped(name), escaped(port))
            }
        };
        let (run, pod) = (run.clone(), Subject::pod("kube-system", name).to_string());
        jobs.push(Job::new(Rank::Rotating, item, move |item| async move {
            let response = raw_response::ask(&run, &path, form, &SOURCE).await;
            run.clocks.note(response.iter().filter_map(|response| response.clock?.reading(&pod)));
            raw_response::keep(&run, &entry, response.map_err(refined), item).await;
        }));
    }
    run.pool.submit(jobs);
}

/// Where a component can be asked.
#[derive(Debug, PartialEq, Eq)]
struct ListenAddress {
    scheme: &'static str,
    port: String,
}

/// Reads from a pod's flags where it listens, or why nobody but its own machine can ask it.
fn listen_address(component: Component, spec: &PodSpec) -> Result<ListenAddress, String> {
    let words = || spec.containers.iter().flat_map(|container| container.command.iter().chain(&container.args));
    let flag = |name: &str| words().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let own = |flag: &str, value: &str| Err(format!("it listens on its own machine only ({flag}={value})"));
    if component != Component::Etcd {
        return match flag("--bind-address") {
            Some(address) if is_loopback(address) => own("--bind-address", address),
            _ => Ok(ListenAddress {
                scheme: "https",
                port: flag("--secure-port").unwrap_or(component.port()).to_owned(),
            }),
        };
    }
    let Some(urls) = flag("--listen-metrics-urls") else {
        return Err(
            "it has no port for metrics, and its own takes certificates only (--listen-metrics-urls)".to_owned()
        );
    };
    let open = urls.split(',').find_map(|url| {
        let (scheme, address) = url.split_once("://")?;
        let (host, port) = address.trim_end_matches('/').rsplit_once(':').unwrap_or((address, component.port()));
        let scheme = if scheme == "https" { "https" } else { "http" };
        (!is_loopback(host)).then(|| ListenAddress { scheme, port: port.to_owned() })
    });
    open.map_or_else(|| own("--listen-metrics-urls", urls), Ok)
}

fn is_loopback(host: &str) -> bool {
    host.starts_with("127.") || matches!(host, "localhost" | "::1" | "[::1]")
}

/// A refusal of the component itself, which no permission of ours would change, is no want of a permission.
fn refined(problem: Problem) -> Problem {
    let is_its_own = problem.code == Some(401) || problem.why.contains("system:anonymous");
    if problem.status != Status::Denied || !is_its_own {
        return problem;
    }
    let why = "it tells this only to whom it knows, and the API server passes no credentials on".to_owned();
    Problem { status: Status::Absent, why, ..problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::Container;

    fn check(component: Component, flags: &[&str]) -> Result<String, String> {
        let command = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let containers = vec![Container { command, ..Container::default() }];
        let spec = PodSpec { containers, ..PodSpec::default() };
        listen_address(component, &spec).map(|address| format!("{}:{}", address.scheme, address.port))
    }

    #[test]
    fn flags_tell_where_it_listens() {
        let https = |port: &str| Ok(format!("https:{port}"));
        assert_eq!(check(Component::Scheduler, &[]), https("10259"));
        assert_eq!(check(Component::ControllerManager, &["--bind-address=0.0.0.0"]), https("10257"));
        assert_eq!(check(Component::Scheduler, &["--secure-port=1"]), https("1"));
        assert!(check(Component::Scheduler, &["--bind-address=127.0.0.1"]).is_err_and(|why| why.contains("127.0.0.1")));
        assert!(check(Component::Etcd, &[]).is_err());
        assert!(check(Component::Etcd, &["--listen-metrics-urls=http://127.0.0.1:2381"]).is_err());
        let both = "--listen-metrics-urls=http://127.0.0.1:2381,http://10.0.0.1:2382";
        assert_eq!(check(Component::Etcd, &[both]), Ok("http:2382".into()));
    }

    #[test]
    fn a_refusal_of_the_component_is_no_want_of_a_permission() {
        let check =
            |code, message: &str| refined(crate::sources::wire::status::of_error(code, message.as_bytes())).status;
        let own = r#"forbidden: User "system:anonymous" cannot get path "/metrics""#;
        assert_eq!((check(403, own), check(401, "Unauthorized")), (Status::Absent, Status::Absent));
        assert_eq!(check(403, r#"User "x" cannot get resource "pods/proxy""#), Status::Denied);
    }
}
