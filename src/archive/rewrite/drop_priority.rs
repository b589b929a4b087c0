//! The order in which entries are left out of an archive that must be small.
//!
//! Pure: the same entries give the same choice. The least that an investigation would miss goes first, and among equals the largest. Objects, their versions,
//! events, alerts and everything in `meta/` always stay.

use crate::archive::layout::{self, Container, Instance};
use std::collections::BTreeSet;

/// From what is missed least to what is missed most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum DropPriority {
    /// Can be rendered again from objects and events, which stay.
    Describe,
    /// Of a container that did not restart.
    CalmLog,
    /// What a kubelet tells of itself; Prometheus mostly has the numbers too.
    KubeletVitals,
    Metric,
    /// Of a container that restarted: what it does since.
    RestartedLog,
    /// What nothing else tells of a node, or of who changed what.
    Journal,
    /// The last words of a container that died.
    PreviousLog,
}

/// An entry, and the bytes it takes in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Weighed {
    pub path: String,
    pub bytes: u64,
}

/// Entries to leave out so that `excess` bytes are saved, as far as that is possible.
pub(super) fn to_leave_out(entries: &[Weighed], excess: u64) -> BTreeSet<String> {
    let restarted: BTreeSet<Container> = entries
        .iter()
        .filter_map(|entry| layout::parse_pod_log(&entry.path))
        .filter(|log| log.instance == Instance::Previous)
        .map(|log| log.container)
        .collect();
    let mut candidates: Vec<(DropPriority, &Weighed)> =
        entries.iter().filter_map(|entry| Some((priority(&entry.path, &restarted)?, entry))).collect();
    candidates.sort_by(|(priority, entry), (other_priority, other)| {
        priority.cmp(other_priority).then(other.bytes.cmp(&entry.bytes)).then(entry.path.cmp(&other.path))
    });
    let mut saved = 0;
    let needed = candidates.iter().take_while(|(_, entry)| {
        let is_needed = saved < excess;
        saved += if is_needed { entry.bytes } else { 0 };
        is_needed
    });
    // The last one may have made room for some of those before it: the best first.
    let mut left_out: Vec<&Weighed> = needed.map(|(_, entry)| *entry).collect();
    left_out.reverse();
    left_out.retain(|entry| {
        let fits = saved - entry.bytes >= excess;
        saved -= if fits { entry.bytes } else { 0 };
        !fits
    });
    left_out.into_iter().map(|entry| entry.path.clone()).collect()
}

/// None for what always stays.
fn priority(path: &str, restarted: &BTreeSet<Container>) -> Option<DropPriority> {
    if let Some(log) = layout::parse_pod_log(path) {
        return Some(match log.instance {
            Instance::Previous => DropPriority::PreviousLog,
            Instance::Current if restarted.contains(&log.container) => DropPriority::RestartedLog,
            Instance::Current => DropPriority::CalmLog,
        });
    }
    if let Some(file) = layout::parse_log_file(path) {
        return Some(match file.deleted_uid {
            Some(_) => DropPriority::PreviousLog,
            None if restarted.contains(&file.container) => DropPriority::RestartedLog,
            None => DropPriority::CalmLog,
        });
    }
    let is_audit = layout::parse_audit(path).is_some() || layout::parse_audit_reads(path).is_some();
    if is_audit || layout::parse_journal(path).is_some() || layout::parse_var_log(path).is_some() {
        return Some(DropPriority::Journal);
    }
    if layout::parse_metric(path).is_some() {
        return Some(DropPriority::Metric);
    }
    match path.split('/').next() {
        Some("describe" | "tables") => Some(DropPriority::Describe),
        Some("nodes") => Some(DropPriority::KubeletVitals),
        Some("controlplane") => Some(DropPriority::Metric),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn weighed(path: &str, bytes: u64) -> Weighed {
        Weighed { path: path.to_owned(), bytes }
    }

    #[test]
    fn the_last_words_of_the_dead_stay_longest() {
        let entries = [
            weighed("objects/namespaces/shop/events.jsonl", 900),
            weighed("meta/archive.json", 900),
            weighed("metrics/alerts.json", 900),
            weighed("describe/nodes/node-1.txt", 10),
            weighed("logs/shop/calm/app/current.log", 10),
            weighed("logs/shop/loud/app/current.log", 10),
            weighed("metrics/node-memory.json", 10),
            weighed("logs/shop/api-0/app/current.log", 10),
            weighed("nodes/node-1/journal/kubelet.log", 10),
            weighed("logs/shop/api-0/app/previous.log", 10),
            weighed("logs/shop/calm/app/rotated/0.20261121-071231.log", 9),
            weighed("logs/shop/gone/app/deleted/4e77ad73-44eb-4aa4-986a-13fcd17312dd/0.log", 9),
        ];
        let order: Vec<String> = (0..10)
            .scan(BTreeSet::new(), |before, step| {
                let now = to_leave_out(&entries, step * 10 + 1);
                let new: Vec<String> = now.difference(before).cloned().collect();
                *before = now;
                Some(new.join(" "))
            })
            .filter(|new| !new.is_empty())
            .collect();
        assert_eq!(
            order,
            [
                "describe/nodes/node-1.txt",
                "logs/shop/calm/app/current.log",
                "logs/shop/loud/app/current.log",
                "logs/shop/calm/app/rotated/0.20261121-071231.log",
                "metrics/node-memory.json",
                "logs/shop/api-0/app/current.log",
                "nodes/node-1/journal/kubelet.log",
                "logs/shop/api-0/app/previous.log",
                "logs/shop/gone/app/deleted/4e77ad73-44eb-4aa4-986a-13fcd17312dd/0.log",
            ]
        );
    }

    #[test]
    fn among_equals_the_largest_goes_first() {
        let entries = [weighed("describe/nodes/a.txt", 10), weighed("describe/nodes/b.txt", 20)];
        assert_eq!(to_leave_out(&entries, 15), BTreeSet::from(["describe/nodes/b.txt".to_owned()]));
    }

    #[test]
    fn what_fits_after_all_stays() {
        let entries = [weighed("describe/nodes/a.txt", 10), weighed("nodes/node-1/journal/kubelet.log", 100)];
        assert_eq!(to_leave_out(&entries, 50), BTreeSet::from(["nodes/node-1/journal/kubelet.log".to_owned()]));
    }

    proptest! {
        #[test]
        fn no_more_than_needed(sizes in prop::collection::vec(1_u64..100, 1..20), excess in 0_u64..1000) {
            let entries: Vec<Weighed> =
                sizes.iter().enumerate().map(|(i, size)| weighed(&format!("describe/nodes/n{i}.txt"), *size)).collect();
            let out = to_leave_out(&entries, excess);
            let saved: u64 = entries.iter().filter(|e| out.contains(&e.path)).map(|e| e.bytes).sum();
            let least = entries.iter().filter(|e| out.contains(&e.path)).map(|e| e.bytes).min().unwrap_or(0);
            prop_assert!(saved >= excess.min(sizes.iter().sum()) && (saved == 0 || saved - least < excess));
        }
    }
}
