//! `outlived`: what a Job's pod was to do is done, and a container beside it runs on, so that the pod is not.
//!
//! A pod has succeeded once all of its containers have ended well (documentation, Pod Lifecycle, Pod phase). Init
//! containers that are restarted always are ended by the kubelet once the others have (documentation, Sidecar
//! Containers); containers beside the one that works are not, as proxies that are injected.

use super::super::{Labels, Rule, Signal};
use super::made::Made;
use crate::evidence::{Evidence, FactId, Pod, Record};
use crate::model::{Citation, End, Moment, Subject};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parameters {
    /// The kinds of controller whose pods are to end.
    of: Vec<String>,
}

/// The labels of the container that is done and of the one that runs on.
pub const LABELS: [&str; 2] = ["container", "beside"];

pub fn add(rule: &Rule, parameters: &Parameters, evidence: &Evidence, signals: &mut Vec<Signal>) {
    let mut told: BTreeMap<&Subject, Told<'_>> = BTreeMap::new();
    for (id, fact) in evidence.facts.numbered_from(0).filter(|(_, fact)| fact.subject.is("Pod")) {
        match fact.record {
            Record::Running { container, .. } => {
                told.entry(fact.subject).or_default().runs.insert(container, fact.citation);
            }
            Record::Terminated { container, init: false, exit_code, .. } => {
                let ended = Ended { at: fact.at, exit_code, record: (id, fact.citation) };
                told.entry(fact.subject).or_default().ended.insert(container, ended);
            }
            _ => {}
        }
    }
    let is_meant = |pod: &&Pod| pod.owner.as_ref().is_some_and(|owner| parameters.of.iter().any(|kind| owner.is(kind)));
    let pods = evidence.topology.pods().iter().filter(is_meant).filter(|pod| pod.stopping.is_none());
    let found = pods.filter_map(|pod| told.get(&pod.subject())?.outlived(pod));
    signals.extend(found.map(|made| made.signal(rule)));
}

/// What a pod's status says of its containers.
#[derive(Default)]
struct Told<'a> {
    runs: BTreeMap<&'a str, Citation>,
    ended: BTreeMap<&'a str, Ended>,
}

struct Ended {
    at: Moment,
    exit_code: i64,
    record: (FactId, Citation),
}

impl Told<'_> {
    fn outlived(&self, pod: &Pod) -> Option<Made> {
        let (beside, runs) = self.runs.first_key_value()?;
        let done = || self.ended.iter().filter(|(container, _)| !self.runs.contains_key(*container));
        if done().any(|(_, ended)| ended.exit_code != 0) {
            return None;
        }
        let (container, last) = done().max_by_key(|(_, ended)| ended.at.time)?;
        let labels = [("container", (*container).to_owned()), ("beside", (*beside).to_owned())];
        Some(Made {
            subject: pod.subject(),
            node: pod.node.clone(),
            from: last.at,
            last: pod.last_seen.unwrap_or(last.at.time),
            end: End::Ongoing,
            count: 1,
            labels: labels.into_iter().collect::<Labels>(),
            evidence: vec![last.record.1, *runs],
            occurrences: vec![last.record.0],
            ended_by: None,
        })
    }
}
