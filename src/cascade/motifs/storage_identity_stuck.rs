//! Storage or identity stuck with a node: a pod cannot start elsewhere, since its volume or its name still belongs to
//! one on a node that does not answer.
//!
//! Either a volume could not be attached to a pod's node while another pod of its workload was on a node that did not
//! answer; or a StatefulSet's pod was told to end on such a node and none of its name came while the node stayed away.
//!
//! Source: kubernetes documentation, Force Delete StatefulSet Pods, and Non-graceful node shutdown handling;
//! pkg/controller/volume/attachdetach (a volume is detached by force after 6 minutes only, and only where it is safe).

use super::Motif;
use super::sight::{One, Sight, clock};
use crate::evidence::Pod;
use crate::model::{Subject, length};
use crate::signals::Role;
use chrono::TimeDelta;

pub const NAME: &str = "storage-identity-stuck";

/// Shorter than this nobody waited: the StatefulSet controller replaces a pod within seconds of its end.
const WAITED: TimeDelta = TimeDelta::seconds(30);

pub fn find(sight: &Sight<'_>) -> Vec<Motif> {
    let mut attach = sight.with(&[Role::AttachFailure]);
    attach.retain(|(_, one)| one.subject.is("Pod"));
    let volumes = attach.into_iter().filter_map(|one| volume(sight, one));
    let mut told = sight.with(&[Role::TaintEviction]);
    told.retain(|(_, one)| one.subject.is("Pod"));
    volumes.chain(told.into_iter().filter_map(|one| identity(sight, one))).collect()
}

/// When the node of a pod did not answer, at a time.
fn unready<'a>(sight: &Sight<'a>, node: &str, at: chrono::DateTime<chrono::Utc>) -> Option<One<'a>> {
    let mut marks = sight.of(Role::NodeUnready, &Subject::node(node)).into_iter();
    marks.find(|(_, mark)| mark.from.earliest() <= at && mark.until().is_none_or(|until| until >= at))
}

fn volume(sight: &Sight<'_>, (index, refused): One<'_>) -> Option<Motif> {
    let topology = sight.scene.topology;
    let workload = topology.workload_of(&refused.subject)?;
    let own = topology.node_of(&refused.subject);
    let before = |pod: &&Pod| {
        let is_other = pod.node.as_deref() != own && pod.name != refused.subject.name();
        is_other && pod.arrived().is_none_or(|at| at < refused.from.time)
    };
    let held = topology.pods_of_workload(&workload).filter(before);
    let (pod, mark) =
        held.filter_map(|pod| Some((pod, unready(sight, pod.node.as_deref()?, refused.from.time)?))).last()?;
    let statement = format!(
        "A volume stayed with a node that did not answer: {} could not have it from {} on, and {}, which had it before, was on {}, \
         not ready since {}",
        refused.subject,
        clock(refused.from.time),
        pod.name,
        mark.1.subject.name(),
        clock(mark.1.from.time),
    );
    Some(sight.motif(NAME, statement, &[mark, (index, refused)], &[]))
}

fn identity(sight: &Sight<'_>, (index, told): One<'_>) -> Option<Motif> {
    let topology = sight.scene.topology;
    let workload = topology.workload_of(&told.subject).filter(|workload| workload.is("StatefulSet"))?;
    let pod = topology.pod_at(&told.subject, told.from.time);
    let node = pod.and_then(|pod| pod.node.as_deref()).or(told.node.as_deref())?;
    let mark = unready(sight, node, told.from.time)?;
    let back = mark.1.until();
    let came = |pod: &&Pod| pod.arrived().is_some_and(|at| at > told.from.time);
    let next = topology.pods_named(&told.subject).filter(came).filter_map(Pod::arrived).min();
    let waited = next.or(back).map(|until| until - told.from.time);
    // One that came while the node was still away had not waited for it.
    let is_freed_early = next.is_some_and(|next| back.is_none_or(|back| next < back));
    if is_freed_early || waited.is_some_and(|waited| waited < WAITED) {
        return None;
    }
    let then = match (waited, next, back) {
        (Some(waited), Some(_), _) => {
            format!("the next of this name came {} later", length(waited))
        }
        (_, None, Some(back)) => format!("none of this name had come when the node answered again, at {}", clock(back)),
        _ => "none of this name has come since".to_owned(),
    };
    let statement = format!(
        "{workload} could not replace {} elsewhere: it was told to end at {} on {node}, which did not answer, and a StatefulSet makes \
         no second pod of one name; {then}",
        told.subject.name(),
        clock(told.from.time),
    );
    Some(sight.motif(NAME, statement, &[mark, (index, told)], &[]))
}
