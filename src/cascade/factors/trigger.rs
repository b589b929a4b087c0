//! What began it: the changes at the head of the cascade, and what they changed.

use super::{FactorClass, Inquiry};
use crate::evidence::{Pod, configuration_of};
use crate::model::{Citation, Severity, Subject, length, rfc3339};
use crate::signals::Signal;
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// More changes than this before a failure are named in the report's list of changes only.
const MOST_CHANGES: usize = 3;

impl<'a> Inquiry<'a> {
    pub(super) fn triggers(&mut self) {
        for index in self.cascade.first.clone() {
            let Some(signal) = self.signal(index) else { continue };
            if signal.layer != "change" {
                continue;
            }
            let mut evidence: Vec<Citation> = signal.evidence.clone();
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
            self.trigger_that_is_no_change();
        }
    }

    /// The first failure, and what was changed before it of the things that it uses. That nothing was is never said: not
    /// every kind of change is read.
    fn trigger_that_is_no_change(&mut self) {
        let Some((index, signal)) = self.cascade.first.first().and_then(|index| Some((*index, self.signal(*index)?)))
        else {
            return;
        };
        let late = TimeDelta::milliseconds(i64::from(signal.from.earlier_ms));
        let late = if signal.from.earlier_ms == u32::MAX {
            " (or at any time before)".to_owned()
        } else if late.num_seconds() > 5 {
            format!(" (it may have begun {} earlier)", length(late))
        } else {
            String::new()
        };
        let at = rfc3339(signal.from.time);
        let what = match signal.severity {
            _ if signal.subject.is("Alert") => "an alert: ",
            Severity::Info => "this: ",
            _ => "a failure: ",
        };
        let mut statement =
            format!("The first record of it that was recognised is {what}{}, at {at}{late}", signal.title);
        let mut evidence: Vec<Citation> = signal.evidence.iter().take(1).cloned().collect();
        let changes = self.changes_before(signal);
        for change in changes.iter().take(MOST_CHANGES) {
            statement.push_str(&format!(". Before it: {}, at {}", change.title, rfc3339(change.from.time)));
            evidence.extend(change.evidence.first().cloned());
        }
        evidence.extend(signal.evidence.iter().skip(1).cloned());
        if !changes.is_empty() {
            statement.push_str(". Whether that led to it, the records do not tell");
        }
        self.add(FactorClass::Trigger, statement, vec![index], evidence);
    }

    /// Changes and rollouts of what a signal is about, and of what that uses, up to its onset; the nearest first.
    fn changes_before(&self, signal: &Signal) -> Vec<&'a Signal> {
        let topology = &self.scene.evidence.topology;
        let of: BTreeSet<Subject> = match signal.subject.is("Endpoints") {
            true => {
                let (namespace, name) = (signal.subject.namespace().unwrap_or_default(), signal.subject.name());
                let service = Subject::namespaced("Service", namespace, name);
                topology.pods_of_service(&service).map(Pod::subject).collect()
            }
            false => BTreeSet::from([signal.subject.clone()]),
        };
        let uses: BTreeSet<Subject> = of.iter().flat_map(|subject| topology.used_by(subject)).collect();
        let before = |change: &&Signal| {
            change.layer == "change"
                && change.from.earliest() <= signal.from.time
                && uses.contains(&change.subject)
                && change.from.time >= self.scene.evidence.window.from
        };
        let mut changes: Vec<&Signal> =
            self.notable.iter().filter_map(|index| self.signal(*index)).filter(before).collect();
        changes.reverse();
        changes
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
