//! When pods turned ready and not ready, as kubelets say it while it happens.
//!
//! An object's condition Ready tells its last turn only. The kubelet writes one line for each result of a readiness
//! probe that differs from the one before (pkg/kubelet/kubelet.go, syncLoopIteration, v1.21 to v1.34):
//! `"SyncLoop (probe)" probe="readiness" status="not ready" pod="NAMESPACE/POD"`.

use super::Skew;
use crate::model::{Citation, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a line must have in it to tell of a turn.
pub const TOLD_BY: &str = "\"SyncLoop (probe)\" probe=\"readiness\"";

/// A pod turned ready, or not ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    pub at: DateTime<Utc>,
    pub ready: bool,
    /// The record that tells it.
    pub citation: Citation,
}

/// The turns of pods, by their names: the lines have no UIDs.
#[derive(Debug, Default)]
pub struct Turns(BTreeMap<Subject, Vec<Told>>);

/// A turn, and whose clock it is by.
type Told = (Option<Arc<str>>, Turn);

impl Turns {
    /// Notes a turn, by the clock of `node`.
    pub fn add(&mut self, pod: Subject, node: Option<&str>, turn: Turn) {
        self.0.entry(pod).or_default().push((node.map(Arc::from), turn));
    }

    pub fn absorb(&mut self, other: Self) {
        other.0.into_iter().for_each(|(pod, turns)| self.0.entry(pod).or_default().extend(turns));
    }

    /// All turns in order of time, with what the clocks of nodes tell brought to what others do.
    pub fn settled(self, skews: &[Skew]) -> BTreeMap<Subject, Vec<Turn>> {
        let right = |node: Option<&str>, at: DateTime<Utc>| {
            let skew = skews.iter().find(|skew| node == Some(&skew.node) && skew.is_of(at));
            at - skew.map_or(TimeDelta::zero(), Skew::middle)
        };
        let of_pod = |turns: Vec<Told>| {
            let turns = turns.into_iter().map(|(node, turn)| Turn { at: right(node.as_deref(), turn.at), ..turn });
            let mut turns: Vec<Turn> = turns.collect();
            turns.sort_by_key(|turn| (turn.at, turn.citation));
            turns
        };
        self.0.into_iter().map(|(pod, turns)| (pod, of_pod(turns))).collect()
    }
}

/// The pod that a line is about, and whether it turned ready.
pub fn told(text: &str) -> Option<(Subject, bool)> {
    let (_, rest) = text.split_once(TOLD_BY)?;
    let (_, rest) = rest.split_once("status=\"")?;
    let (status, rest) = rest.split_once('"')?;
    let ready = match status {
        "ready" => true,
        "not ready" => false,
        _ => return None,
    };
    let (_, rest) = rest.split_once("pod=\"")?;
    let (namespace, name) = rest.split_once('"')?.0.split_once('/')?;
    let is_name = |text: &str| !text.is_empty() && !text.contains([' ', '=', '/']);
    (is_name(namespace) && is_name(name)).then(|| (Subject::pod(namespace, name), ready))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of a kubelet v1.34.
    const LINE: &str = r#"Nov 21 07:56:23.507747 node-2 kubelet: I1121 07:56:23.507157      92 kubelet.go:2634] "SyncLoop (probe)" probe="readiness" status="not ready" pod="bank/api-b85965d96-8z9t5""#;

    #[test]
    fn a_line_of_the_kubelet_tells_a_turn() {
        let pod = Subject::pod("bank", "api-b85965d96-8z9t5");
        assert_eq!(told(LINE), Some((pod.clone(), false)));
        assert_eq!(told(&LINE.replace("not ready", "ready")), Some((pod, true)));
        for other in [
            LINE.replace("readiness", "liveness"),
            LINE.replace("not ready", "unhealthy"),
            LINE.replace("bank/", ""),
            LINE.replace("pod=", "x="),
        ] {
            assert_eq!(told(&other), None, "{other}");
        }
    }

    #[test]
    fn turns_are_in_order_of_time_whatever_entry_they_came_from() {
        let pod = || Subject::pod("shop", "a-0");
        let turn = |second, ready| Turn {
            at: DateTime::from_timestamp(second, 0).expect("a time"),
            ready,
            citation: Citation::default(),
        };
        let (mut one, mut two) = (Turns::default(), Turns::default());
        one.add(pod(), Some("node-1"), turn(20, true));
        two.add(pod(), Some("node-1"), turn(10, false));
        one.absorb(two);
        let settled = one.settled(&[]);
        assert_eq!(settled.get(&pod()).map(Vec::as_slice), Some([turn(10, false), turn(20, true)].as_slice()));
    }
}
