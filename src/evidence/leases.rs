//! Leases: when a program of the control plane took the lead from another, and when a node was heard for the last time.
//!
//! `acquireTime` and `renewTime` are by the clock of the holder, to the microsecond (Kubernetes API reference,
//! coordination.k8s.io/v1; client-go v0.34, tools/leaderelection; pkg/kubelet/nodelease). A first holder has no
//! transition behind it: nobody lost the lead to it.

use super::findings::{Findings, Held, Place};
use super::{Fact, Facts, Record};
use crate::model::{Clock, Moment, Subject, Window};
use crate::objects::{Lease, LeaseSpec};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use std::collections::BTreeSet;

/// Where the leases are by which nodes say that they are there.
const OF_NODES: &str = "kube-node-lease";

/// How the leases of API servers begin, after which stands a hash of the server's name.
const OF_API_SERVERS: &str = "apiserver-";

/// What the kubelet asks for (pkg/kubelet/apis/config, `NodeLeaseDurationSeconds`).
const NODE_LEASE_S: u32 = 40;

/// Reads one lease. Whoever reads its status says where it cannot be read.
pub fn read(place: Place, line: &[u8], found: &mut Findings) {
    let Ok(Lease { metadata: meta, spec }) = serde_json::from_slice::<Lease>(line) else { return };
    let lease = Subject::of_object("Lease", &meta.namespace, &meta.name);
    if meta.namespace != OF_NODES {
        led(&lease, &spec, place, found);
        let (Some(at), true) = (spec.acquire_time, spec.lease_transitions > 0) else { return };
        let (holder, transitions) = (spec.holder_identity, spec.lease_transitions);
        let message = format!("acquired by {holder}, transition {transitions}");
        let text =
            format!("{lease} acquireTime {} leaseTransitions {transitions} holderIdentity {holder}", written(at));
        let citation = found.cite(place, &text);
        return found.leases.push(Held::Acquired { lease, at, message, citation });
    }
    let Some(at) = spec.renew_time else { return };
    let duration = TimeDelta::seconds(i64::from(spec.lease_duration_seconds.unwrap_or(NODE_LEASE_S)));
    let citation = found.cite(place, &format!("{lease} renewTime {}", written(at)));
    found.leases.push(Held::Renewed { node: meta.name, at, seen: place.fetched, duration, citation });
}

/// Notes until when a program led. A lease that was given up has no holder; that of an API server is no lead, it says
/// that it is there (kubernetes v1.34, pkg/controlplane/apiserver/server.go).
fn led(lease: &Subject, spec: &LeaseSpec, place: Place, found: &mut Findings) {
    let (Some(at), Some(duration)) = (spec.renew_time, spec.lease_duration_seconds) else { return };
    let is_lead = !spec.holder_identity.is_empty() && !lease.name().starts_with(OF_API_SERVERS);
    if is_lead {
        let holder = spec.holder_identity.clone();
        let citation = found.cite(place, &format!("{lease} renewTime {} holderIdentity {holder}", written(at)));
        let (lease, duration) = (lease.clone(), TimeDelta::seconds(duration.into()));
        found.leases.push(Held::Led { lease, at, seen: place.fetched, duration, holder, citation });
    }
}

/// As the API writes these times.
fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

impl Held {
    /// When it was renewed for the last time.
    fn renewed(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Renewed { at, .. } | Self::Led { at, .. } => Some(*at),
            Self::Acquired { .. } => None,
        }
    }
}

/// How much longer than its lease a lead is to be silent where no other lease tells what time it was.
const ALONE: TimeDelta = TimeDelta::minutes(1);

/// Adds what happened within the window as facts, once all that was read is together.
pub fn tell(leases: Vec<Held>, window: Window, facts: &mut Facts) {
    let of_nodes = leases.iter().filter(|held| matches!(held, Held::Renewed { .. })).filter_map(Held::renewed);
    let (nodes, newest) = (of_nodes.clone().count(), of_nodes.max());
    let of_all = leases.iter().filter_map(Held::renewed);
    let (all, newest_of_all) = (of_all.clone().count(), of_all.max());
    // Each segment of a recording begins with all leases.
    let mut acquired: BTreeSet<(Subject, DateTime<Utc>)> = BTreeSet::new();
    for held in leases {
        match held {
            Held::Acquired { lease, at, message, citation }
                if at >= window.from && acquired.insert((lease.clone(), at)) =>
            {
                let at = Moment::exact(at).by(Clock::Component);
                let record = Record::State { state: "lease-acquired", message: &message };
                facts.push(Fact { at, last: at, count: 1, subject: &lease, node: None, record, citation });
            }
            Held::Renewed { node, at, seen, duration, citation } if at >= window.from => {
                // The clock of whoever asked may be off; the node that was heard last says when it was asked at least.
                let by_others = newest.filter(|_| nodes > 1).map(|newest| newest - at);
                let silent = by_others.map_or(seen - at, |by_others| by_others.min(seen - at));
                if silent <= duration {
                    continue;
                }
                let at = Moment::exact(at).by(facts.clock_of(&node));
                let last = Moment::exact(seen).by(Clock::Collector);
                let message = format!("not renewed for {} s", silent.num_seconds());
                let record = Record::State { state: "lease-run-out", message: &message };
                let (subject, node) = (&Subject::node(&node), Some(node.as_str()));
                facts.push(Fact { at, last, count: 1, subject, node, record, citation });
            }
            Held::Led { lease, at, seen, duration, holder, citation } if at >= window.from => {
                let by_others = newest_of_all.filter(|_| all > 1).map(|newest| newest - at);
                let silent = by_others.map_or(seen - at - ALONE, |by_others| by_others.min(seen - at));
                if silent <= duration {
                    continue;
                }
                let last = Moment::exact(seen).by(Clock::Collector);
                let at = Moment::exact(at).by(Clock::Component);
                let message = format!("{holder} led, not renewed for {} s", (last.time - at.time).num_seconds());
                let record = Record::State { state: "lead-run-out", message: &message };
                facts.push(Fact { at, last, count: 1, subject: &lease, node: None, record, citation });
            }
            Held::Acquired { .. } | Held::Renewed { .. } | Held::Led { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_that_was_taken_over_and_a_node_that_fell_silent_are_told() {
        let told = |line: &str| {
            let mut found = Findings::default();
            let time = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
            read(Place::of_line(1, time("2026-11-26T14:20:00Z")), line.as_bytes(), &mut found);
            let window = Window { from: time("2026-11-26T14:00:00Z"), to: time("2026-11-26T14:20:00Z") };
            let mut facts = std::mem::take(&mut found.facts);
            tell(std::mem::take(&mut found.leases), window, &mut facts);
            let of = |fact: Fact<'_>| match fact.record {
                Record::State { state, .. } => format!("{} {state} {}", fact.subject, fact.at.time.format("%T%.6f")),
                _ => String::new(),
            };
            facts.iter().map(of).collect::<Vec<String>>().join(";")
        };
        // As kube-scheduler v1.34 wrote it, recorded in fixtures/control-plane.
        let lead = |at: &str, transitions: u8| {
            format!(
                r#"{{"metadata":{{"name":"kube-scheduler","namespace":"kube-system"}},"spec":{{"holderIdentity":"vm_a9c7","leaseDurationSeconds":15,"acquireTime":"{at}","renewTime":"2026-11-26T14:19:57.965974Z","leaseTransitions":{transitions}}}}}"#
            )
        };
        assert_eq!(
            told(&lead("2026-11-26T14:12:15.954131Z", 1)),
            "Lease/kube-system/kube-scheduler lease-acquired 14:12:15.954131"
        );
        assert_eq!(told(&lead("2026-11-26T14:12:15.954131Z", 0)), "", "it is the first");
        let silent = |renewed: &str| lead("2026-11-26T14:01:00.000000Z", 0).replace("14:19:57.965974", renewed);
        assert_eq!(
            told(&silent("14:12:02.000001")),
            "Lease/kube-system/kube-scheduler lead-run-out 14:12:02.000001",
            "nobody took it over"
        );
        assert_eq!(told(&silent("14:19:20.000001")), "", "the clock of whoever asked may be ahead");
        let given_up = silent("14:12:02.000001").replace("vm_a9c7", "");
        assert_eq!(told(&given_up), "", "it gave the lead up");
        assert_eq!(told(&silent("14:12:02.000001").replace("kube-scheduler", "apiserver-hz6u")), "", "that is no lead");
        assert_eq!(told(&lead("2026-11-25T14:12:15.954131Z", 3)), "", "it was before the window");
        let node = |at: &str| {
            format!(
                r#"{{"metadata":{{"name":"node-1","namespace":"kube-node-lease"}},"spec":{{"holderIdentity":"node-1","leaseDurationSeconds":40,"renewTime":"{at}"}}}}"#
            )
        };
        assert_eq!(told(&node("2026-11-26T14:12:03.000001Z")), "Node/node-1 lease-run-out 14:12:03.000001");
        assert_eq!(
            told(&node("2026-11-26T14:19:30.000001Z")),
            "",
            "it is renewed every ten seconds and lasts for forty"
        );
        assert_eq!(told(r#"{"metadata":{"name":"x","namespace":"kube-node-lease"},"spec":null}"#), "");
        // The clock of whoever asked was minutes ahead: none of the nodes had been silent.
        let mut found = Findings::default();
        let late = "2026-11-26T14:25:00Z".parse::<DateTime<Utc>>().expect("a time");
        for at in ["2026-11-26T14:19:30.000001Z", "2026-11-26T14:19:38.000001Z"] {
            read(Place::of_line(1, late), node(at).as_bytes(), &mut found);
        }
        let mut facts = std::mem::take(&mut found.facts);
        let window = Window { from: late - TimeDelta::hours(1), to: late };
        tell(std::mem::take(&mut found.leases), window, &mut facts);
        assert_eq!(facts.len(), 0);
    }
}
