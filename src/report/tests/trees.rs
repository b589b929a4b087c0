//! The tree of a cascade: every signal once, replicas together, and no trust in the links being acyclic.

use super::builders;
use crate::report::Analyzed;
use crate::report::names::{signal_id, workload_of};
use crate::report::view::{Branch, View};

fn lines(report: &Analyzed) -> String {
    let view = View::new(report);
    let mut text = String::new();
    for branch in &view.trees[0].branches {
        let alike = if branch.alike.is_empty() { String::new() } else { format!(" and {} alike", branch.alike.len()) };
        let subject = workload_of(&branch.signal.subject);
        let also = branch.also.iter().map(|edge| format!(", also {}", signal_id(edge.from))).collect::<String>();
        text.push_str(&format!("{}{} {subject}{alike}{also}\n", "  ".repeat(branch.depth), branch.signal.name));
    }
    text
}

fn assert_each_signal_once(report: &Analyzed) {
    let view = View::new(report);
    let mut indexes: Vec<usize> = Vec::new();
    for (place, branch) in view.trees[0].branches.iter().enumerate() {
        assert!(branch.parent.is_none_or(|parent| parent < place));
        indexes.extend(Branch::signals(branch).map(|signal| signal.index));
    }
    indexes.sort_unstable();
    assert_eq!(indexes, report.analysis.cascades[0].signals);
}

#[test]
fn replicas_share_a_line() {
    insta::assert_snapshot!(lines(&builders::node_crash()), @r"
    NodeLeaseNotRenewed Node/node-1
      Unhealthy(readiness) Pod/bank/api-* and 1 alike
        NoReadyEndpoints Service/bank/api
          Unhealthy(liveness) Pod/bank/frontend-* and 1 alike
            Killing Pod/bank/frontend-* and 1 alike
              CrashLoopBackOff Pod/bank/frontend-* and 1 alike
                ContainerRestarted Pod/bank/frontend-* and 1 alike
      NodeNotReady Node/node-1
        NodeNotReady Pod/bank/database-*
        TaintManagerEviction Pod/bank/database-*, also s11
        AlertFiring Alert/KubeNodeNotReady
      AlertFiring Alert/TargetDown
      Rebooted Node/node-1
        NodeReady Node/node-1
          SuccessfulCreate StatefulSet/bank/database
    ");
}

#[test]
fn the_same_change_made_twice_stays_two_lines() {
    insta::assert_snapshot!(lines(&builders::memory_cascade()), @r"
    ScalingReplicaSet Deployment/platform/alerter
      OOMKill Node/node-1
        OOMKilled Pod/platform/cache-*
          Unhealthy(readiness) Pod/platform/web-* and 1 alike
            NoReadyEndpoints Service/platform/web
      EvictionThresholdMet Node/node-1, also s5
        Evicted Pod/platform/alerter-*
          NodeNotSchedulable Node/node-1, also s12
        MemoryPressure Node/node-1
          Evicted(admission) Pod/platform/alerter-* and 6 alike
          Scheduled Pod/platform/alerter-*, also s20
            OOMKill Node/node-2
              OOMKilled Pod/platform/cache-*
                Unhealthy(readiness) Pod/platform/web-*
              OOMKilled Pod/monitoring/prometheus-*
                MetricsBegin Cluster
                Unhealthy(readiness) Pod/monitoring/prometheus-*
    ScalingReplicaSet Deployment/platform/alerter
    ");
}

#[test]
fn every_signal_stands_once_whatever_the_links() {
    assert_each_signal_once(&builders::node_crash());
    assert_each_signal_once(&builders::huge(2_000));
    let mut report = builders::memory_cascade();
    let edges = &mut report.analysis.edges;
    let mut back = edges.clone();
    for edge in &mut back {
        std::mem::swap(&mut edge.from, &mut edge.to);
    }
    edges.extend(back);
    edges.extend(edges.clone());
    assert_each_signal_once(&report);
    report.analysis.edges.clear();
    assert_each_signal_once(&report);
}
