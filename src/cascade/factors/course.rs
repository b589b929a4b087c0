//! How it was noticed, what was done, how it ended.

use super::{FactorClass, Inquiry};
use crate::model::{Severity, Subject, length, rfc3339};
use crate::signals::Signal;
use std::collections::BTreeSet;

impl Inquiry<'_> {
    pub(super) fn detection(&mut self) {
        let onset = self.first_harm();
        let alerts = self.named(&["AlertFiring"]);
        let first = alerts.iter().filter_map(|index| self.signal(*index)).min_by_key(|signal| signal.from.time);
        // An alert that nothing was linked to was not late for anything.
        if let Some(first) = first.filter(|first| first.from.time > onset) {
            let statement = format!("{} {} after the first harm", first.title, length(first.from.time - onset));
            self.add(FactorClass::Detection, statement, alerts, Vec::new());
        }
        let monitoring = |signal: &&Signal| {
            let name = signal.subject.name();
            signal.severity >= Severity::Error
                && ["prometheus", "alertmanager", "grafana"].iter().any(|one| name.starts_with(one))
        };
        let hurt: Vec<usize> = self
            .cascade
            .signals
            .iter()
            .copied()
            .filter(|index| self.signal(*index).as_ref().is_some_and(monitoring))
            .collect();
        if let Some(first) = hurt.first().and_then(|index| self.signal(*index)) {
            let statement = format!("The monitoring was hit itself: {}", first.title);
            self.add(FactorClass::Detection, statement, hurt, Vec::new());
        }
    }

    pub(super) fn response(&mut self) {
        for index in self.named(&["NodeNotSchedulable"]) {
            let Some(signal) = self.signal(index) else { continue };
            let after = length(signal.from.time - self.first_harm());
            let statement = format!("{} {after} after the first harm", signal.title);
            self.add(FactorClass::Response, statement, vec![index], Vec::new());
        }
        for index in self.named(&["Rebooted"]) {
            let Some(signal) = self.signal(index) else { continue };
            let after = length(signal.from.time - self.first_harm());
            let statement = format!("{}, seen {after} after the first harm", signal.title);
            self.add(FactorClass::Response, statement, vec![index], Vec::new());
        }
    }

    pub(super) fn recovery(&mut self) {
        let topology = &self.scene.evidence.topology;
        let triggers: BTreeSet<Subject> =
            self.cascade.first.iter().filter_map(|i| self.signal(*i)).map(|s| s.subject.clone()).collect();
        let harm = self.first_harm();
        let last_harm = self.cascade.signals.iter().filter_map(|index| self.signal(*index));
        let last_harm = last_harm
            .filter(|signal| signal.severity >= Severity::Error)
            .map(|signal| signal.from.time)
            .max()
            .unwrap_or(harm);
        let members = self.cascade.signals.iter().filter_map(|index| self.signal(*index));
        // A node that was well all along has not recovered, whoever failed on it.
        let nodes = members.filter(|signal| signal.subject.is("Node") && signal.severity >= Severity::Warning);
        let nodes: BTreeSet<&str> = nodes.map(|signal| signal.subject.name()).collect();
        let mut found = Vec::new();
        for index in self.notable.iter().copied() {
            let Some(signal) = self.signal(index) else { continue };
            let again =
                signal.name == "ScalingReplicaSet" && triggers.contains(&signal.subject) && signal.from.time > harm;
            if again {
                let known = topology.workload(&signal.subject).is_some();
                let statement = format!("{} was rolled out again at {}", signal.subject, rfc3339(signal.from.time));
                found.extend(known.then_some((statement, index)));
            }
            if matches!(signal.name.as_str(), "NodeReady" | "NodeSchedulable")
                && signal.node.as_deref().is_some_and(|node| nodes.contains(node))
                && signal.from.time > harm
                && signal.from.time >= self.cascade.from
            {
                found.push((format!("{} at {}", signal.title, rfc3339(signal.from.time)), index));
            }
        }
        for (statement, index) in found {
            self.add(FactorClass::Recovery, statement, vec![index], Vec::new());
        }
        // One thing that happened at one moment has no end to tell of.
        if let Some(at) = self.cascade.recovered_at.filter(|at| *at > last_harm || self.cascade.signals.len() > 1) {
            let last: Vec<usize> = self
                .cascade
                .signals
                .iter()
                .copied()
                .filter(|index| self.signal(*index).is_some_and(|signal| signal.last_seen() == at))
                .collect();
            let statement = format!(
                "The last state of the cascade ended at {}, {} after the last new harm",
                rfc3339(at),
                length(at - last_harm)
            );
            let ends = last.iter().filter_map(|index| self.signal(*index)?.ended_by.clone()).take(2).collect();
            self.add(FactorClass::Recovery, statement, last, ends);
        }
    }
}
