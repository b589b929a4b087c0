//! What was there before and let it happen: limits, replicas, probes.

use super::{FactorClass, Inquiry};
use crate::cascade::relation::lacks_memory_limit;
use crate::model::Subject;
use std::collections::BTreeSet;

impl Inquiry<'_> {
    pub(super) fn latent_limits(&mut self) {
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

    pub(super) fn latent_replicas(&mut self) {
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
    pub(super) fn latent_probes(&mut self) {
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
}
