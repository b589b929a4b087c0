//! Contributing factors, in eight classes: never one root. What no record can show is left to the questions.

use super::relation::lacks_memory_limit;
use super::{Cascade, Edge, Motif, Scene};
use crate::model::{Citation, Severity, Subject, rfc3339};
use crate::signals::Signal;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// What part a factor played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactorClass {
    Trigger,
    Latent,
    Propagation,
    Amplifier,
    Detection,
    Response,
    Recovery,
    Luck,
}

impl FactorClass {
    pub fn name(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::Latent => "latent",
            Self::Propagation => "propagation",
            Self::Amplifier => "amplifier",
            Self::Detection => "detection",
            Self::Response => "response",
            Self::Recovery => "recovery",
            Self::Luck => "luck",
        }
    }
}

/// Something that contributed, as the records show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    pub class: FactorClass,
    pub statement: String,
    pub signals: Vec<usize>,
    pub evidence: Vec<Citation>,
}

/// What a factor is found in.
struct Inquiry<'a> {
    scene: &'a Scene<'a>,
    cascade: &'a Cascade,
    edges: Vec<&'a Edge>,
    motifs: &'a [Motif],
    found: Vec<Factor>,
}

/// The factors of the largest cascade, by class.
pub fn find(scene: &Scene<'_>, cascades: &[Cascade], edges: &[Edge], motifs: &[Motif]) -> Vec<Factor> {
    let Some(cascade) = cascades.first() else { return Vec::new() };
    let inside: BTreeSet<usize> = cascade.signals.iter().copied().collect();
    let edges = edges.iter().filter(|edge| inside.contains(&edge.from)).collect();
    let mut inquiry = Inquiry { scene, cascade, edges, motifs, found: Vec::new() };
    inquiry.triggers();
    inquiry.latent_limits();
    inquiry.latent_replicas();
    inquiry.latent_probes();
    inquiry.propagation();
    inquiry.amplifiers();
    inquiry.detection();
    inquiry.response();
    inquiry.recovery();
    let mut found = inquiry.found;
    found.sort_by_key(|factor| factor.class);
    found
}

impl<'a> Inquiry<'a> {
    fn add(&mut self, class: FactorClass, statement: String, signals: Vec<usize>, evidence: Vec<Citation>) {
        let evidence = if evidence.is_empty() {
            signals.iter().filter_map(|index| self.signal(*index)?.evidence.first().cloned()).take(4).collect()
        } else {
            evidence
        };
        if !evidence.is_empty() {
            self.found.push(Factor { class, statement, signals, evidence });
        }
    }

    fn signal(&self, index: usize) -> Option<&'a Signal> {
        self.scene.signals.get(index)
    }

    /// Signals of the cascade with one of these names (without their qualifiers).
    fn named(&self, names: &[&str]) -> Vec<usize> {
        let wanted = |index: &&usize| self.signal(**index).is_some_and(|signal| names.contains(&signal.base_name()));
        self.cascade.signals.iter().filter(wanted).copied().collect()
    }

    fn triggers(&mut self) {
        for index in self.cascade.first.clone() {
            let Some(signal) = self.signal(index) else { continue };
            let is_change = signal.layer == "change" || signal.name == "ScalingReplicaSet";
            if !is_change {
                continue;
            }
            let mut evidence: Vec<Citation> = signal.evidence.iter().take(2).cloned().collect();
            let mut statement = format!("{} at {}", signal.title, rfc3339(signal.from.time));
            if signal.name == "ScalingReplicaSet" {
                for (what, citation) in self.what_changed(signal) {
                    statement.push_str(&format!(". {what}"));
                    evidence.push(citation);
                }
            }
            self.add(FactorClass::Trigger, statement, vec![index], evidence);
        }
        if self.found.is_empty() {
            let first: Vec<usize> = self.cascade.first.iter().take(1).copied().collect();
            if let Some(signal) = first.first().and_then(|index| self.signal(*index)) {
                let statement = format!(
                    "The first sign is: {} ({}). No change of a specification in the window leads up to it.",
                    signal.title,
                    rfc3339(signal.from.time)
                );
                self.add(FactorClass::Trigger, statement, first, Vec::new());
            }
        }
    }

    /// What a rollout brought: the difference of the templates, and when the configuration its pods read was written.
    fn what_changed(&self, rollout: &Signal) -> Vec<(String, Citation)> {
        let near = |signal: &&Signal| (signal.from.time - rollout.from.time).num_seconds().abs() <= 5;
        let mut found: Vec<(String, Citation)> = Vec::new();
        let specs = self.scene.signals.iter().filter(|signal| signal.name == "SpecChanged");
        for signal in specs.filter(|signal| signal.subject == rollout.subject).filter(near) {
            found.extend(signal.label("what").zip(signal.evidence.first()).map(|(w, c)| (capitalised(w), c.clone())));
        }
        let topology = &self.scene.evidence.topology;
        let Some((workload, namespace)) = topology.workload(&rollout.subject).zip(rollout.subject.namespace()) else {
            return found;
        };
        let read = crate::evidence::configuration_of(&workload.template, namespace);
        for signal in self.scene.signals.iter().filter(|signal| signal.name == "ConfigChanged") {
            if let (true, Some(citation)) = (read.contains(&signal.subject), signal.evidence.first()) {
                let what = signal.label("what").unwrap_or("written");
                let at = rfc3339(signal.from.time);
                found.push((
                    format!("Its pods read {}, of which {what}, last at {at}", signal.subject),
                    citation.clone(),
                ));
            }
        }
        found
    }

    fn latent_limits(&mut self) {
        if self.named(&["OOMKill", "OOMKilled", "SystemOOM", "EvictionThresholdMet"]).is_empty() {
            return;
        }
        let topology = &self.scene.evidence.topology;
        let demanders: BTreeSet<Subject> = self
            .named(&["OOMKill", "EvictionThresholdMet", "SystemOOM"])
            .iter()
            .filter_map(|index| self.signal(*index))
            .filter_map(|signal| self.scene.demand.on(signal.node.as_deref()?, signal.from.time))
            .map(|demander| demander.workload.clone())
            .collect();
        for workload in demanders {
            let pods: Vec<_> = topology.pods_of_workload(&workload).collect();
            let Some(pod) = pods.iter().find(|pod| lacks_memory_limit(self.scene, pod)) else { continue };
            let citation = pod.object.as_ref().map(|object| object.citation.clone());
            let citation = citation.or_else(|| topology.workload(&workload).and_then(|one| one.citation.clone()));
            let statement = format!(
                "{workload} has a container without a memory limit, so only the node bounded what its pods could take"
            );
            self.add(FactorClass::Latent, statement, Vec::new(), citation.into_iter().collect());
        }
    }

    fn latent_replicas(&mut self) {
        let services = self.named(&["NoReadyEndpoints"]);
        let topology = &self.scene.evidence.topology;
        let mut said = BTreeSet::new();
        for index in services {
            let Some(signal) = self.signal(index) else { continue };
            let service =
                Subject::namespaced("Service", signal.subject.namespace().unwrap_or_default(), signal.subject.name());
            let workloads: BTreeSet<Subject> =
                topology.pods_of_service(&service).filter_map(|pod| topology.workload_of_pod(pod)).collect();
            for workload in workloads {
                let Some(known) = topology.workload(&workload) else { continue };
                if known.replicas == Some(1) && said.insert(workload.clone()) {
                    let statement =
                        format!("{workload} has one replica, so its failure left {service} without an endpoint");
                    self.add(FactorClass::Latent, statement, vec![index], known.citation.clone().into_iter().collect());
                }
            }
        }
    }

    /// A liveness probe that fails for somebody else's failure restarts what is well.
    fn latent_probes(&mut self) {
        let into_liveness = self.edges.iter().filter(|edge| edge.relation == "calls");
        let mut said = BTreeSet::new();
        let mut found = Vec::new();
        for edge in into_liveness {
            let (Some(from), Some(to)) = (self.signal(edge.from), self.signal(edge.to)) else { continue };
            if to.name != "Unhealthy(liveness)" {
                continue;
            }
            let workload = self.scene.evidence.topology.workload_of(&to.subject).unwrap_or(to.subject.clone());
            if said.insert(workload.clone()) {
                let statement = format!(
                    "The liveness probe of {workload} asks another Service ({}), which a restart of {workload} cannot mend",
                    from.subject.name()
                );
                found.push((statement, vec![edge.from, edge.to], edge.evidence.clone()));
            }
        }
        for (statement, signals, evidence) in found {
            self.add(FactorClass::Latent, statement, signals, evidence);
        }
    }

    fn propagation(&mut self) {
        let mut found = Vec::new();
        let mut said = BTreeSet::new();
        for edge in &self.edges {
            let (Some(from), Some(to)) = (self.signal(edge.from), self.signal(edge.to)) else { continue };
            let topology = &self.scene.evidence.topology;
            let workload = topology.workload_of(&to.subject).unwrap_or(to.subject.clone());
            if edge.relation == "calls" && said.insert((from.subject.clone(), workload.clone())) {
                let statement = format!(
                    "{workload} depends on Service {}: its probes fail when that has no endpoint",
                    from.subject.name()
                );
                found.push((statement, vec![edge.from, edge.to], edge.evidence.clone()));
            }
            if edge.relation == "victim" {
                let demander = from.node.as_deref().and_then(|node| self.scene.demand.on(node, from.from.time));
                let Some(demander) = demander.filter(|one| one.workload != workload) else { continue };
                if said.insert((from.subject.clone(), workload.clone())) {
                    let statement = format!(
                        "On {} the kernel ended the largest process, which was {workload}'s; the memory had been asked for by {}",
                        from.subject.name(),
                        demander.workload
                    );
                    let mut evidence = edge.evidence.clone();
                    evidence.push(demander.citation.clone());
                    found.push((statement, vec![edge.from, edge.to], evidence));
                }
            }
        }
        for (statement, signals, evidence) in found {
            self.add(FactorClass::Propagation, statement, signals, evidence);
        }
    }

    fn amplifiers(&mut self) {
        for motif in self.motifs {
            let statement = motif.statement.clone();
            self.add(FactorClass::Amplifier, statement, motif.signals.clone(), Vec::new());
        }
        let delays: Vec<usize> =
            self.edges.iter().filter(|edge| edge.link == "backoff-delays-start").map(|edge| edge.to).collect();
        if let Some(last) = delays.iter().filter_map(|index| self.signal(*index)).max_by_key(|signal| signal.from.time)
        {
            let statement = format!(
                "Restart back-off delayed recovery: the last start after it was that of {} at {}",
                last.subject,
                rfc3339(last.from.time)
            );
            self.add(FactorClass::Amplifier, statement, delays, Vec::new());
        }
        let onset = self.first_harm();
        let pressure: Vec<usize> = self.named(&["MemoryPressure", "DiskPressure"]);
        let lasting =
            pressure.iter().filter_map(|index| self.signal(*index)).filter_map(|signal| Some((signal, signal.to?)));
        if let Some((signal, to)) = lasting.max_by_key(|(_, to)| *to) {
            let statement = format!(
                "{} held its pressure condition until {}, {} after the first harm, and kept pods away that long",
                signal.subject.name(),
                rfc3339(to),
                span(onset, to)
            );
            self.add(FactorClass::Amplifier, statement, pressure, Vec::new());
        }
    }

    fn first_harm(&self) -> DateTime<Utc> {
        let hurts = self.cascade.signals.iter().filter_map(|index| self.signal(*index));
        let harm = hurts.filter(|signal| signal.severity >= Severity::Warning).map(|signal| signal.from.time).min();
        harm.unwrap_or(self.cascade.from)
    }

    fn detection(&mut self) {
        let onset = self.first_harm();
        let alerts = self.named(&["AlertFiring"]);
        let first = alerts.iter().filter_map(|index| self.signal(*index)).min_by_key(|signal| signal.from.time);
        if let Some(first) = first {
            let statement = format!("{} {} after the first harm", first.title, span(onset, first.from.time));
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

    fn response(&mut self) {
        for index in self.named(&["NodeNotSchedulable"]) {
            let Some(signal) = self.signal(index) else { continue };
            let after = span(self.first_harm(), signal.from.time);
            let statement = format!("{} {after} after the first harm", signal.title);
            self.add(FactorClass::Response, statement, vec![index], Vec::new());
        }
        for index in self.named(&["Rebooted"]) {
            let Some(signal) = self.signal(index) else { continue };
            let after = span(self.first_harm(), signal.from.time);
            let statement = format!("{}, seen {after} after the first harm", signal.title);
            self.add(FactorClass::Response, statement, vec![index], Vec::new());
        }
    }

    fn recovery(&mut self) {
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
        let mut found = Vec::new();
        for (index, signal) in self.scene.signals.iter().enumerate() {
            let again =
                signal.name == "ScalingReplicaSet" && triggers.contains(&signal.subject) && signal.from.time > harm;
            if again {
                let known = topology.workload(&signal.subject).is_some();
                let statement = format!("{} was rolled out again at {}", signal.subject, rfc3339(signal.from.time));
                found.extend(known.then_some((statement, index)));
            }
            if matches!(signal.name.as_str(), "NodeReady" | "NodeSchedulable")
                && signal.from.time > harm
                && signal.from.time >= self.cascade.from
            {
                found.push((format!("{} at {}", signal.title, rfc3339(signal.from.time)), index));
            }
        }
        for (statement, index) in found {
            self.add(FactorClass::Recovery, statement, vec![index], Vec::new());
        }
        if let Some(at) = self.cascade.recovered_at {
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
                span(last_harm, at)
            );
            self.add(FactorClass::Recovery, statement, last, Vec::new());
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

/// `1 min 23 s`.
fn span(from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    let seconds = (to - from).num_seconds().max(0);
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}
