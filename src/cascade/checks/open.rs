//! What the records leave open, asked of those who may know: each question is tied to a signal of its cascade, and would
//! not fit another incident.
//!
//! Named in analysis of published incidents as what reviews asked: why it began, who was asked before, what watches a
//! limit, what was done by hand.

use super::case::{Case, is_harm, names};
use super::changed_first::{beginnings, configuration_written};
use super::{FactorClass, certificate_ended, stale_endpoints};
use crate::cascade::Whom;
use crate::model::{Severity, Subject, rfc3339};
use crate::signals::{Role, Signal};
use std::collections::BTreeSet;

/// A question that a cascade leaves open.
pub(super) struct Asked {
    pub whom: Whom,
    /// Whom it is about, where it is not about the factors of its class at large.
    pub about: Option<Subject>,
    pub question: String,
}

/// What leaves a question open.
pub(super) struct Open {
    /// The class of the factors that an answer would tell of.
    pub class: FactorClass,
    /// It is asked where the cascade has a signal with one of these; with none of them named, always.
    pub roles: &'static [Role],
    pub ask: fn(&Case<'_>) -> Option<Asked>,
}

/// The questions in the order in which they are asked: what it began with, what was there before, then its course.
pub(super) const OPEN: &[Open] = &[
    Open { class: FactorClass::Trigger, roles: &[], ask: beginning },
    Open { class: FactorClass::Trigger, roles: &[Role::ProbeFailure], ask: not_told },
    Open { class: FactorClass::Trigger, roles: &[Role::Rollout], ask: overwritten },
    Open { class: FactorClass::Latent, roles: &[], ask: certificate },
    Open { class: FactorClass::Latent, roles: &[Role::Change, Role::Rollout], ask: untried },
    Open { class: FactorClass::Latent, roles: &[Role::MemoryKill], ask: own_limit },
    Open { class: FactorClass::Latent, roles: &[Role::Shortage], ask: whose_process },
    Open { class: FactorClass::Latent, roles: &[Role::LimitReached], ask: limit },
    Open { class: FactorClass::Latent, roles: &[Role::LeaseLost, Role::ControlPlane], ask: ended_controllers },
    Open { class: FactorClass::Latent, roles: &[Role::NodeUnready], ask: shared_way },
    Open { class: FactorClass::Latent, roles: &[Role::SchedulingFailure, Role::Preempted], ask: room },
    Open { class: FactorClass::Latent, roles: &[Role::LookupFailed], ask: resolver },
    Open { class: FactorClass::Latent, roles: &[Role::ImagePull], ask: registry },
    Open { class: FactorClass::Latent, roles: &[Role::RuntimeHung], ask: runtime },
    Open { class: FactorClass::Latent, roles: &[Role::StuckDeletion], ask: finalizer },
    Open { class: FactorClass::Detection, roles: &[], ask: attention },
    Open { class: FactorClass::Response, roles: &[], ask: by_hand },
];

/// A question about the factors of a class.
fn asked(whom: Whom, question: String) -> Option<Asked> {
    Some(Asked { whom, about: None, question })
}

/// Whose a subject is: workloads and what they use have owners, the rest is the platform's.
fn owner_of(case: &Case<'_>, subject: &Subject) -> Whom {
    let workload = case.workload(subject);
    let is_platform = subject.namespace().is_none_or(|namespace| namespace == "kube-system");
    if is_platform { Whom::Platform } else { Whom::Owner(workload) }
}

/// The first of its signals with one of some roles.
fn first<'a>(case: &Case<'a>, roles: &[Role]) -> Option<&'a Signal> {
    case.each(roles).into_iter().map(|(_, signal)| signal).min_by_key(|signal| signal.from.time)
}

fn beginning(case: &Case<'_>) -> Option<Asked> {
    if !beginnings(case).is_empty() {
        return None;
    }
    let first = case.of(&case.cascade.first).min_by_key(|signal| signal.from.time)?;
    let (title, at) = (&first.title, rfc3339(first.from.time));
    let question = match (first.has(Role::Shortage), first.label("shortage"), first.node.as_deref()) {
        (true, Some(shortage), Some(node)) if case.scene.demand.on(node, first.from.time).is_none() => {
            format!("What used up the {shortage} of Node/{node} by {at}, when {title}?")
        }
        _ => format!("What led to the first sign at {at}: {title}?"),
    };
    asked(owner_of(case, &first.subject), question)
}

/// A node that was not told where the pods of a Service are.
fn not_told(case: &Case<'_>) -> Option<Asked> {
    let (workload, one) = stale_endpoints::unheard(case).into_iter().next()?;
    let node = one.node;
    let question = format!(
        "From which API server does {node} learn where the pods of a Service are, did that one see all writes while {workload} failed there, and what kept {node} from hearing of them?"
    );
    Some(Asked { whom: Whom::Platform, about: Some(node), question })
}

/// Pods read what was there when they started, and the API keeps of a field the last time that it was written.
fn overwritten(case: &Case<'_>) -> Option<Asked> {
    let begun = beginnings(case);
    let rollout = case.of(&begun).find(|signal| signal.has(Role::Rollout))?;
    let started = rollout.from.time;
    let later = configuration_written(case, rollout).find(|written| written.from.time > started)?;
    let (subject, what) = (&later.subject, later.label("what").unwrap_or("it was written"));
    let question = format!(
        "What stood in {subject} when {} read it at {}, and since when ({what} at {}, after that)?",
        rollout.subject,
        rfc3339(started),
        rfc3339(later.from.time),
    );
    Some(Asked { whom: owner_of(case, subject), about: Some(subject.clone()), question })
}

fn certificate(case: &Case<'_>) -> Option<Asked> {
    let expired = certificate_ended::expired(case);
    let first = case.of(&expired).min_by_key(|signal| signal.from.time)?;
    match certificate_ended::secrets(case).into_iter().next() {
        Some(secret) => {
            let question = format!("What renews the certificate in {secret}, and what warns before it runs out?");
            Some(Asked { whom: owner_of(case, &secret), about: Some(secret), question })
        }
        None => {
            let question = format!(
                "What renews the certificate of {}, and why had it not done so by {}?",
                first.subject,
                rfc3339(first.from.time)
            );
            asked(Whom::Platform, question)
        }
    }
}

fn untried(case: &Case<'_>) -> Option<Asked> {
    // What programs of the cluster do by themselves nobody tries before.
    let is_written =
        |signal: &&Signal| signal.has(Role::Change) && !signal.subject.is("Node") && !signal.subject.is("Pod");
    let begun = beginnings(case);
    let change = case.of(&begun).find(is_written);
    let written = || case.around(Role::Change).into_iter().map(|(_, signal)| signal);
    let before = written().filter(is_written).rfind(|signal| signal.from.time <= case.first_harm());
    let change = change.or(before)?;
    let (subject, at) = (&change.subject, rfc3339(change.from.time));
    let what = change.label("what").map(|what| format!(" ({what})")).unwrap_or_default();
    let question = format!(
        "Where was the change of {subject} at {at}{what} tried before it was applied, and what else uses what it changed?"
    );
    asked(owner_of(case, subject), question)
}

fn own_limit(case: &Case<'_>) -> Option<Asked> {
    let is_own = |signal: &&Signal| matches!(signal.label("scope"), Some("container" | "pod"));
    let kill = case.each(&[Role::MemoryKill]).into_iter().map(|(_, signal)| signal).find(is_own)?;
    let pod =
        case.each(&[Role::MemoryKill]).into_iter().map(|(_, signal)| &signal.subject).find(|one| one.is("Pod"))?;
    let (workload, at) = (case.workload(pod), rfc3339(kill.from.time));
    let question = format!(
        "Does {workload} need more memory than its limit, or does it keep what it could free, and what was it working on at {at}?"
    );
    asked(owner_of(case, pod), question)
}

fn whose_process(case: &Case<'_>) -> Option<Asked> {
    let is_unknown = |signal: &&Signal| {
        let of_pod =
            signal.label("victim_uid").and_then(|uid| case.scene.topology.pod_by_uid(&crate::signals::as_uid(uid)));
        signal.has(Role::MemoryKill) && signal.subject.is("Node") && of_pod.is_none()
    };
    let kill = case.each(&[Role::Shortage]).into_iter().map(|(_, signal)| signal).find(is_unknown)?;
    let (process, node) = (kill.label("process")?, &kill.subject);
    let question = format!(
        "Which pod, if any, runs the {process} that the kernel of {node} ended, and what may it take of memory?"
    );
    asked(owner_of(case, node), question)
}

fn limit(case: &Case<'_>) -> Option<Asked> {
    let reached = first(case, &[Role::LimitReached])?;
    let (subject, title) = (&reached.subject, &reached.title);
    let question = format!(
        "How large is what {subject} used up, what took so much of it, and what watches how much is left: {title}?"
    );
    asked(Whom::Platform, question)
}

fn ended_controllers(case: &Case<'_>) -> Option<Asked> {
    let waited = first(case, &[Role::LeaseLost, Role::ControlPlane])?;
    let at = rfc3339(waited.from.time);
    let question = format!(
        "What starts controllers again that ended when they could not renew their leases, and what else loads the disk that storage waited for at {at}?"
    );
    asked(Whom::Platform, question)
}

fn shared_way(case: &Case<'_>) -> Option<Asked> {
    let lost = case.each(&[Role::NodeUnready]).into_iter().map(|(_, signal)| &signal.subject);
    let nodes: BTreeSet<&Subject> = lost.filter(|subject| subject.is("Node")).collect();
    if nodes.len() < 2 {
        return None;
    }
    let question = format!(
        "What do {} share on their way to the API server, as an address, a balancer or a switch?",
        names(nodes)
    );
    asked(Whom::Platform, question)
}

fn room(case: &Case<'_>) -> Option<Asked> {
    let taken = case.around(Role::NodeTaken);
    let nodes: BTreeSet<Subject> = case.pods().filter_map(|(_, pod)| pod.node.as_deref()).map(Subject::node).collect();
    let taken = taken.into_iter().chain(case.recorded(Role::NodeTaken, nodes.iter())).map(|(_, signal)| signal).next();
    let pod = first(case, &[Role::SchedulingFailure, Role::Preempted])?;
    let workload = case.workload(&pod.subject);
    let question = match taken {
        Some(taken) => {
            format!("What made {} count as not needed, while {} fits on no other node?", taken.subject, pod.subject)
        }
        None => {
            let why = pod.label("obstacle").map(|why| format!(" ({why})")).unwrap_or_default();
            format!(
                "How much room was planned for {workload} beside what else stands on its nodes{why}, and what shows that it grows short?"
            )
        }
    };
    asked(owner_of(case, &pod.subject), question)
}

fn resolver(case: &Case<'_>) -> Option<Asked> {
    let failed = first(case, &[Role::LookupFailed])?;
    let named = failed.label("resolver").map(|one| format!(" than {one}")).unwrap_or_default();
    let question = format!(
        "Which other resolver{named} can {} ask, and for how long are answers kept when none comes?",
        failed.subject
    );
    asked(Whom::Platform, question)
}

fn registry(case: &Case<'_>) -> Option<Asked> {
    let failed = first(case, &[Role::ImagePull])?;
    let image = failed.label("image").map(|image| format!(" {image}")).unwrap_or_default();
    let question = format!(
        "Is the image{image} of {} pulled with a login, and is there a mirror or a cache of it?",
        case.workload(&failed.subject)
    );
    asked(Whom::Platform, question)
}

fn runtime(case: &Case<'_>) -> Option<Asked> {
    let hung = first(case, &[Role::RuntimeHung])?;
    let (node, at) = (&hung.subject, rfc3339(hung.from.earliest()));
    let question = format!(
        "What did the container runtime of {node} wait for from {at} on: its disk, the network plugin or a shim?"
    );
    asked(Whom::Platform, question)
}

fn finalizer(case: &Case<'_>) -> Option<Asked> {
    let stuck = case.each(&[Role::StuckDeletion]).into_iter().map(|(_, signal)| signal);
    let (subject, finalizers) = stuck
        .filter_map(|one| Some((&one.subject, one.label("finalizers")?)))
        .find(|(_, name)| *name != "kubernetes")?;
    let question = format!("Which program takes {finalizers} off {subject}, and was it deleted before?");
    asked(owner_of(case, subject), question)
}

fn attention(case: &Case<'_>) -> Option<Asked> {
    let worst = case.those(is_harm).into_iter().filter_map(|index| case.signal(index));
    let worst = worst.max_by_key(|one| (one.severity, std::cmp::Reverse(one.from.time)))?;
    let at = rfc3339(worst.from.time);
    let question = format!(
        "How was it noticed, and how soon, that {} (from {at}), and which earlier sign was there to see?",
        worst.title
    );
    asked(Whom::OnCall, question)
}

fn by_hand(case: &Case<'_>) -> Option<Asked> {
    let ended = case.those(|signal| is_harm(signal) && signal.severity >= Severity::Warning);
    let ended = case
        .of(&ended)
        .filter(|signal| signal.until().is_some_and(|until| until > signal.from.time && until < case.window.to));
    let last = ended.max_by_key(|signal| signal.until());
    let question = match last.and_then(|last| Some((last, last.until()?))) {
        Some((last, until)) => {
            format!("What was done, by hand or by a program, while {}, until {}?", last.title, rfc3339(until))
        }
        None => {
            let lasting = case
                .those(is_harm)
                .into_iter()
                .filter_map(|index| case.signal(index))
                .min_by_key(|one| one.from.time)?;
            format!("What was tried while {}, and how did that end after the records?", lasting.title)
        }
    };
    asked(Whom::OnCall, question)
}
