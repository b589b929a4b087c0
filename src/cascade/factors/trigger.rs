//! What began it: the changes at the head of the cascade, and what they changed.

use super::{FactorClass, Inquiry};
use crate::evidence::configuration_of;
use crate::model::{Citation, rfc3339};
use crate::signals::Signal;

impl Inquiry<'_> {
    pub(super) fn triggers(&mut self) {
        for index in self.cascade.first.clone() {
            let Some(signal) = self.signal(index) else { continue };
            if signal.layer != "change" {
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
                let late = signal.from.uncertainty_ms / 1000;
                let late = if late > 5 { format!(", up to {late} s after it began") } else { String::new() };
                let statement = format!(
                    "At the head stands no change but a failure: {}, noticed at {}{late}. No change of a specification \
                     in the window leads up to it",
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
        let read = configuration_of(&workload.template, namespace);
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
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}
