//! How it spread, and what made it worse.

use super::super::Motif;
use super::{FactorClass, Inquiry};
use crate::model::{length, rfc3339};
use std::collections::BTreeSet;

impl Inquiry<'_> {
    pub(super) fn propagation(&mut self) {
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

    pub(super) fn amplifiers(&mut self) {
        let inside = |motif: &&Motif| motif.signals.iter().all(|index| self.cascade.signals.contains(index));
        for motif in self.motifs.iter().filter(inside) {
            let statement = motif.statement.clone();
            self.add(FactorClass::Amplifier, statement, motif.signals.clone(), motif.evidence.clone());
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
                length(to - onset)
            );
            let ended = signal.ended_by.clone().into_iter().chain(signal.evidence.first().cloned()).collect();
            self.add(FactorClass::Amplifier, statement, pressure, ended);
        }
    }
}
