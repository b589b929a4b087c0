//! Warnings, actions, conditions and error lines that no rule knows, as signals in the words of the programs that wrote
//! them.
//!
//! A cluster has more controllers than any catalogue: operators, drivers, a company's own. What they report is told by
//! its own name, the event's reason or the condition's type, and by the objects that its message names; links hold for
//! it by its role, and it makes no cascade by itself: somebody's controller warns of something in any cluster. So it is with what a
//! container says of an error: its own words tell why it fails its probe, or that whom it asks does not answer, whatever
//! the words are.

use super::labels::Labels;
use super::look::Look;
use super::not_understood::is_routine;
use super::{Catalogue, Role, Rule, Signal, hosts, mention, polarity};
use crate::evidence::{Evidence, Fact, FactId, LineSeverity, Record};
use crate::model::{Citation, End, Severity, Subject};
use chrono::TimeDelta;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The family of what no rule knows.
const FAMILY: &str = "unrecognised";

/// Occurrences further apart than this are signals of their own, as of a rule that does not say.
const APART: TimeDelta = TimeDelta::minutes(5);

/// The label with the container that wrote of an error.
const CONTAINER: &str = "container";

/// The label with the name under which a program writes its events.
pub const REPORTER: &str = "reporter";

/// What error lines of a container are called.
const ERROR: &str = "ErrorInLog";

/// So many characters of a message stand in a title.
const TITLE: usize = 160;

/// What rules have to say of these in detail, their conditions only sum up.
const SUMMED_UP: [&str; 6] = ["DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "StatefulSet"];

/// How bad a signal is that no rule knows, and what it is to the rest of the program. An action is what a controller says
/// that it did, in an event that warns of nothing.
pub fn of_no_rule(name: &str, is_action: bool) -> (Severity, Role) {
    match name {
        ERROR => (Severity::Info, Role::ErrorLine),
        _ if is_action => (Severity::Info, Role::ControllerAction),
        _ => (Severity::Warning, Role::Unrecognised),
    }
}

/// Programs of Kubernetes itself that write events: rules know what they do (kubernetes v1.34.4, what is given to
/// `NewRecorder` in pkg/controller, pkg/controlplane, pkg/kubelet, pkg/proxy, pkg/registry and cmd/kube-controller-manager;
/// cloud-provider v0.34.4, controllers).
const OF_KUBERNETES: [&str; 36] = [
    "attachdetach-controller",
    "cidrAllocator",
    "cloud-node-controller",
    "cloud-node-lifecycle-controller",
    "controllermanager",
    "cronjob-controller",
    "daemonset-controller",
    "default-scheduler",
    "deployment-controller",
    "device-taint-eviction-controller",
    "endpoint-controller",
    "endpoint-slice-controller",
    "endpoint-slice-mirroring-controller",
    "ephemeral_volume",
    "garbage-collector-controller",
    "horizontal-pod-autoscaler",
    "ipallocator-repair-controller",
    "job-controller",
    "kube-controller-manager",
    "kube-proxy",
    "kubelet",
    "kubernetes-service-cidr-controller",
    "node-controller",
    "persistentvolume-controller",
    "portallocator-repair-controller",
    "replicaset-controller",
    "replication-controller",
    "resource_claim",
    "route_controller",
    "selinux_warning",
    "service-cidr-controller",
    "service-controller",
    "statefulset-controller",
    "taint-eviction-controller",
    "ttl-after-finished-controller",
    "volume_expand",
];

/// Whether an event says what somebody's own controller did.
fn is_action(reason: &str, by: &str) -> bool {
    !by.is_empty() && !OF_KUBERNETES.contains(&by) && !is_routine(reason)
}

/// Adds a signal for each subject and name of which a record is unclaimed, in order of time.
pub(super) fn add(catalogue: &Catalogue, evidence: &Evidence, claimed: &[bool], signals: &mut Vec<Signal>) {
    let known = Known::new(&catalogue.rules);
    let mut found: BTreeMap<(Subject, String), Vec<(FactId, Fact<'_>)>> = BTreeMap::new();
    let unclaimed = evidence.facts.numbered_from(0).zip(claimed).filter(|(_, claimed)| !**claimed);
    for ((id, fact), _) in unclaimed {
        if let Some(name) = name(&fact).filter(|_| !known.knows(&fact)).filter(|name| catalogue.rule(name).is_none()) {
            found.entry((fact.subject.clone(), name)).or_default().push((id, fact));
        }
    }
    let quote = |of: Citation| evidence.quote(of).text;
    for ((subject, name), facts) in found {
        // Error lines come grouped by their words, from the first to the last of them: each begins by itself.
        let is_one = |one: &Fact<'_>, next: &Fact<'_>| {
            let begins = if name == ERROR { one.at.time } else { one.last.time };
            next.at.time - begins <= APART
        };
        let runs = facts.chunk_by(|(_, one), (_, next)| is_one(one, next));
        signals.extend(runs.filter_map(|run| signal(&quote, &subject, &name, run)));
    }
}

/// What a record is called: the reason of a warning, the type of a condition that is not as it should be.
fn name(fact: &Fact<'_>) -> Option<String> {
    let is_word = |text: &str| text.starts_with(|sign: char| sign.is_ascii_uppercase()) && is_alphanumeric(text);
    match fact.record {
        Record::Event { reason, warning, by, .. } => {
            let is_told = if warning { !is_routine(reason) } else { is_action(reason, by) };
            Some(reason.to_owned()).filter(|reason| is_told && is_word(reason))
        }
        Record::Condition { condition, status, reason, .. } => {
            let is_told = is_bad(fact.subject, condition, status, reason) && !SUMMED_UP.contains(&fact.subject.kind());
            // Its reason says what is wrong; the type only that something is.
            let by_type = || if status == "True" { condition.to_owned() } else { format!("Not{condition}") };
            let name = if is_word(reason) && reason != condition { reason.to_owned() } else { by_type() };
            Some(name).filter(|_| is_told && is_word(condition))
        }
        Record::ErrorLine { severity, .. } if severity >= LineSeverity::Error && fact.subject.is("Pod") => {
            Some(ERROR.to_owned())
        }
        _ => None,
    }
}

/// Whether a condition stands as it should not, as its type tells, or where that is neutral, the reason for which it is
/// not met.
fn is_bad(subject: &Subject, condition: &str, status: &str, reason: &str) -> bool {
    let by_reason = || status == "False" && !polarity::is_problem(condition) && polarity::is_problem(reason);
    polarity::is_bad(subject, condition, status) || by_reason()
}

fn is_alphanumeric(text: &str) -> bool {
    text.chars().all(|sign| sign.is_ascii_alphanumeric())
}

/// One signal of records of one subject and name that follow each other closely.
fn signal<'e>(
    quote: &impl Fn(Citation) -> Cow<'e, str>,
    subject: &Subject,
    name: &str,
    run: &[(FactId, Fact<'_>)],
) -> Option<Signal> {
    let (_, first) = run.first()?;
    let last = run.iter().map(|(_, fact)| fact.last.time).max()?;
    let written_by = match first.record {
        Record::ErrorLine { source, .. } => Some((CONTAINER, source.to_owned())),
        Record::Event { by, .. } if !by.is_empty() => Some((REPORTER, by.to_owned())),
        _ => None,
    };
    let is_line = matches!(first.record, Record::ErrorLine { .. });
    let warns = |(_, fact): &(FactId, Fact<'_>)| !matches!(fact.record, Record::Event { warning: false, .. });
    let lasts = run.iter().any(|(_, fact)| matches!(fact.record, Record::Condition { .. }));
    let told = |(_, fact): &(FactId, Fact<'_>)| message(fact);
    // The first error of several is the nearest to their reason; what is reported again says more each time.
    let messages: Vec<String> =
        if is_line { run.iter().map(told).collect() } else { run.iter().rev().map(told).collect() };
    let message = messages.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let named = run.iter().flat_map(|(_, fact)| mention::objects(message_of(fact), subject));
    let (hosts, pods) = if is_line { asked(quote, run) } else { Default::default() };
    let named: BTreeSet<String> =
        named.chain(pods.into_iter().filter(|pod| pod != subject)).map(|object| object.to_string()).collect();
    let named = named.into_iter().map(|object| (mention::LABEL, object));
    let hosts = hosts.into_iter().map(|host| (hosts::LABEL, host));
    let mut cited: Vec<Citation> = run.iter().map(|(_, fact)| fact.citation).collect();
    cited.dedup_by(|a, b| a.is_same_line(*b));
    let (severity, role) = of_no_rule(name, !run.iter().any(warns));
    let by = if let Record::Event { by, .. } = first.record { by } else { "" };
    Some(Signal {
        name: name.to_owned(),
        subject: subject.clone(),
        from: first.at,
        last,
        end: if lasts { End::Ongoing } else { End::Unknown },
        episode: None,
        count: run.iter().map(|(_, fact)| fact.count).sum(),
        severity,
        family: FAMILY.to_owned(),
        roles: [role].into_iter().collect(),
        variant: None,
        title: title(subject, (role, name), by, &message),
        node: first.node.map(str::to_owned),
        labels: named.chain(hosts).chain(written_by).collect::<Labels>(),
        occurrences: run.iter().map(|(id, _)| *id).collect(),
        evidence: cited,
        ended_by: None,
    })
}

/// The hosts and pods that error lines name: their words, which are counted, have none.
fn asked<'e>(
    quote: &impl Fn(Citation) -> Cow<'e, str>,
    run: &[(FactId, Fact<'_>)],
) -> (BTreeSet<String>, BTreeSet<Subject>) {
    let mut all = (BTreeSet::new(), BTreeSet::new());
    for (_, fact) in run.iter().take(MOST_LINES) {
        let (hosts, pods) = hosts::named(&quote(fact.citation));
        all.0.extend(hosts);
        all.1.extend(pods);
    }
    all
}

/// So many different lines of one program are looked through for hosts.
const MOST_LINES: usize = 8;

/// One sentence on it; `by` is the program that wrote the event, if it was one.
fn title(subject: &Subject, (role, name): (Role, &str), by: &str, message: &str) -> String {
    let colon = if message.is_empty() { "" } else { ": " };
    match role {
        Role::ErrorLine => format!("{subject} wrote of an error{colon}{message}"),
        Role::ControllerAction => format!("{by} reported {name} of {subject}{colon}{message}"),
        _ => format!("{subject} reported {name}{colon}{message}"),
    }
}

fn message_of<'a>(fact: &Fact<'a>) -> &'a str {
    match fact.record {
        Record::Event { note, .. } => note,
        Record::Condition { message, .. } => message,
        Record::ErrorLine { words, .. } => words,
        _ => "",
    }
}

/// The message on one line, as much of it as a title takes.
fn message(fact: &Fact<'_>) -> String {
    let words: Vec<&str> = message_of(fact).split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(TITLE) {
        None => line.trim_end_matches('.').to_owned(),
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default().trim_end()),
    }
}

/// The reasons of events and the types of conditions that rules ask for: what such a rule leaves out, it leaves out with
/// intent. A rule that asks for some reasons or words of a condition says nothing of the others.
struct Known<'c> {
    by_word: BTreeMap<(&'static str, &'c str), Vec<&'c Look>>,
}

impl<'c> Known<'c> {
    fn new(rules: &'c [Rule]) -> Self {
        let mut by_word: BTreeMap<(&'static str, &str), Vec<&Look>> = BTreeMap::new();
        for look in rules.iter().flat_map(|rule| rule.looks.iter().chain(&rule.ends)) {
            let (record, words) = look.wanted();
            words.iter().for_each(|word| by_word.entry((record, word.as_str())).or_default().push(look));
        }
        Self { by_word }
    }

    fn knows(&self, fact: &Fact<'_>) -> bool {
        let word = match fact.record {
            Record::Event { reason, .. } => reason,
            Record::Condition { condition, .. } => condition,
            _ => return false,
        };
        let looks = self.by_word.get(&(fact.record.kind(), word)).into_iter().flatten();
        let is_of_all = |look: &Look| matches!(fact.record, Record::Event { .. }) || look.takes_any_reason();
        looks.into_iter().any(|look| look.may_be_about(fact.subject.kind()) && is_of_all(look))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Moment;

    fn called(subject: &Subject, record: Record<'_>) -> Option<String> {
        let at = Moment::exact(chrono::DateTime::UNIX_EPOCH);
        name(&Fact { at, last: at, count: 1, subject, node: None, record, citation: Citation::default() })
    }

    #[test]
    fn a_warning_is_called_by_its_reason() {
        let volume = Subject::namespaced("Volume", "storage", "pvc-1");
        let event = |reason, warning| Record::Event { reason, note: "", warning, container: None, by: "longhorn" };
        assert_eq!(called(&volume, event("DetachedUnexpectedly", true)).as_deref(), Some("DetachedUnexpectedly"));
        assert_eq!(called(&volume, event("Remount", false)).as_deref(), Some("Remount"));
        assert_eq!(called(&volume, event("error", true)), None, "a severity is no reason");
        assert_eq!(called(&volume, event("CgroupV1", true)), None, "said of each node");
        let of_kubernetes =
            Record::Event { reason: "Remount", note: "", warning: false, container: None, by: "kubelet" };
        assert_eq!(called(&volume, of_kubernetes), None, "rules know what its own programs do");
    }

    #[test]
    fn an_error_line_of_a_container_is_one() {
        let line =
            |severity| Record::ErrorLine { source: "app", words: "out of luck", severity, last: Citation::default() };
        let pod = Subject::pod("shop", "a-1");
        assert_eq!(called(&pod, line(LineSeverity::Error)).as_deref(), Some(ERROR));
        assert_eq!(called(&pod, line(LineSeverity::Warning)), None, "programs warn of much");
        assert_eq!(called(&Subject::node("n-1"), line(LineSeverity::Error)), None, "rules know what kubelets say");
        let at = |minute| Moment::exact(chrono::DateTime::UNIX_EPOCH + TimeDelta::minutes(minute));
        let fact = |from, to| Fact {
            at: at(from),
            last: at(to),
            count: 2,
            subject: &pod,
            node: None,
            record: line(LineSeverity::Error),
            citation: Citation::default(),
        };
        let one = signal(&|_| Cow::default(), &pod, ERROR, &[(FactId::default(), fact(1, 9))]).expect("a signal");
        assert!(one.has(Role::ErrorLine) && !one.is_harm(), "it makes no cascade by itself");
        assert_eq!(one.label(CONTAINER), Some("app"));
        assert_eq!(one.title, "Pod/shop/a-1 wrote of an error: out of luck");
    }

    #[test]
    fn a_condition_is_called_by_what_is_wrong() {
        let of = |kind: &str, condition, status, reason| {
            called(
                &Subject::namespaced(kind, "shop", "a"),
                Record::Condition { condition, status, reason, message: "" },
            )
        };
        assert_eq!(of("NodeClass", "Ready", "False", "AMINotFound").as_deref(), Some("AMINotFound"));
        assert_eq!(of("NodeClass", "Ready", "False", "").as_deref(), Some("NotReady"));
        assert_eq!(
            of("Cluster", "ContinuousArchiving", "False", "ArchivingFailing").as_deref(),
            Some("ArchivingFailing")
        );
        assert_eq!(of("Operator", "Degraded", "True", "Degraded").as_deref(), Some("Degraded"));
        assert_eq!(of("Gateway", "Conflicted", "False", "NoConflicts"), None, "as it should be");
        assert_eq!(of("Cluster", "Progressing", "False", "Done"), None);
        assert_eq!(
            of("Deployment", "Available", "False", "MinimumReplicasUnavailable"),
            None,
            "others say it in detail"
        );
    }
}
