//! Whether not having seen something proves that it was not there.
//!
//! It does only where everything that would have shown it was asked for, and came whole, from the whole cluster.

use super::Evidence;
use crate::archive::format::Status;
use crate::inputs::{Inputs, Kind};
use crate::model::Citation;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Something that may be said not to have been there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// No pod, node or Service was hurt.
    Harm,
    /// Nothing was changed.
    Changes,
    /// No alert fired.
    Alerts,
}

impl Absence {
    pub const ALL: [Self; 3] = [Self::Harm, Self::Changes, Self::Alerts];

    pub fn name(self) -> &'static str {
        match self {
            Self::Harm => "harm",
            Self::Changes => "changes",
            Self::Alerts => "alerts",
        }
    }

    /// Source and subject of the items that would have shown it.
    fn witnesses(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Harm => &[
                ("objects", "endpointslices.discovery.k8s.io"),
                ("objects", "events"),
                ("objects", "nodes"),
                ("objects", "pods"),
                ("objects", "services"),
            ],
            Self::Changes => &[
                ("objects", "configmaps"),
                ("objects", "daemonsets.apps"),
                ("objects", "deployments.apps"),
                ("objects", "events"),
                ("objects", "replicasets.apps"),
                ("objects", "statefulsets.apps"),
            ],
            Self::Alerts => &[("prometheus", "alert-history")],
        }
    }
}

impl Evidence {
    /// What no archive of today can prove, whatever it holds: not every kind of change is read.
    fn never_whole(absence: Absence) -> Option<&'static str> {
        (absence == Absence::Changes).then_some("changes of other kinds of object")
    }

    /// What would have to be in the archive, whole, before the absence could be claimed; nothing where it can.
    ///
    /// A namespace's own lists do not count: what is absent from one namespace may stand in another.
    pub fn lacks_to_prove(&self, absence: Absence) -> Vec<&'static str> {
        let unreadable: BTreeSet<&str> = self.unreadable.iter().map(|one| self.path(one.entry)).collect();
        let is_read =
            |outcome: &super::Outcome| outcome.entry.as_deref().is_none_or(|entry| !unreadable.contains(entry));
        // A list of all namespaces has many entries, and its outcome names none.
        let is_spoilt = |source: &str, subject: &str| source == "objects" && self.spoilt_kinds.contains(subject);
        let came = |(source, subject): &(&str, &str)| {
            let of = |outcome: &&super::Outcome| outcome.source == *source && names(&outcome.subject, subject);
            let mut outcomes = self.outcomes.iter().filter(of).peekable();
            outcomes.peek().is_some()
                && !is_spoilt(source, subject)
                && outcomes.all(|one| matches!(one.status, Status::Collected | Status::Empty) && is_read(one))
        };
        let lacking = absence.witnesses().iter().filter(|witness| !came(witness)).map(|(_, subject)| *subject);
        lacking.chain(Self::never_whole(absence)).collect()
    }
}

/// Queries stand behind the server that was asked: `Prometheus monitoring/prometheus-operated: alert-history`.
fn names(outcome: &str, subject: &str) -> bool {
    outcome == subject || outcome.strip_suffix(subject).is_some_and(|server| server.ends_with(": "))
}

/// The kinds, by their plurals, of which a record could not be read.
pub fn spoilt_kinds(inputs: &Inputs, unreadable: &[Citation]) -> BTreeSet<String> {
    let kinds = unreadable.iter().filter_map(|one| match inputs.entry(one.entry)?.kind {
        Kind::Objects { of, .. } => of.of_all(),
        _ => None,
    });
    kinds.map(|named| named.plural).collect()
}

/// Lists of the whole cluster that came whole: what is absent from one was not there when it was asked for.
#[derive(Debug, Default)]
pub struct WholeLists(BTreeMap<String, DateTime<Utc>>);

/// No list takes longer.
const DAY_MS: i64 = 86_400_000;

impl WholeLists {
    /// Of one input alone: what a list of one lacks may be in another, of another time.
    pub fn new(inputs: &Inputs, unreadable: &[Citation]) -> Self {
        if inputs.each().count() != 1 {
            return Self(BTreeMap::new());
        }
        Self::of(&inputs.outcomes(), &spoilt_kinds(inputs, unreadable))
    }

    /// Of these outcomes, but for the kinds of which a record could not be read.
    fn of(outcomes: &[super::Outcome], spoilt: &BTreeSet<String>) -> Self {
        let lists = || outcomes.iter().filter(|one| one.source == "objects" && !spoilt.contains(&one.subject));
        let is_whole = |one: &super::Outcome| matches!(one.status, Status::Collected | Status::Empty);
        let mut whole: BTreeMap<String, DateTime<Utc>> = BTreeMap::new();
        for list in lists().filter(|one| is_whole(one)) {
            let asked = list.at - TimeDelta::milliseconds(i64::try_from(list.took_ms).unwrap_or(i64::MAX).min(DAY_MS));
            let at = whole.entry(list.subject.clone()).or_insert(asked);
            *at = (*at).min(asked);
        }
        lists().filter(|one| !is_whole(one)).for_each(|one| _ = whole.remove(&one.subject));
        Self(whole)
    }

    /// These lists, asked for at the same time: for examples.
    pub fn at(plurals: &[&str], at: DateTime<Utc>) -> Self {
        Self(plurals.iter().map(|plural| ((*plural).to_owned(), at)).collect())
    }

    /// When the list of a kind was asked for, if it came whole.
    pub fn fetched(&self, plural: &str) -> Option<DateTime<Utc>> {
        self.0.get(plural).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_did_not_come_whole_proves_nothing() {
        let outcome = |subject: &str, status: &str| {
            let at = r#""at":"2026-11-20T10:00:01Z","took_ms":1000"#;
            serde_json::from_str(&format!(r#"{{"source":"objects","subject":"{subject}","status":"{status}",{at}}}"#))
                .expect("an outcome")
        };
        let outcomes = [
            outcome("configmaps", "collected"),
            outcome("secrets", "empty"),
            outcome("pods of namespace shop", "collected"),
            outcome("serviceaccounts", "truncated"),
            outcome("nodes", "collected"),
        ];
        let lists = WholeLists::of(&outcomes, &BTreeSet::from(["nodes".to_owned()]));
        let asked = Some("2026-11-20T10:00:00Z".parse().expect("a time"));
        assert_eq!((lists.fetched("configmaps"), lists.fetched("secrets")), (asked, asked));
        assert!(["pods", "serviceaccounts", "nodes"].iter().all(|plural| lists.fetched(plural).is_none()));
    }
}
