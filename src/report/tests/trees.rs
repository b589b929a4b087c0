//! The tree of a cascade: every signal once, replicas together, and no trust in the links being acyclic.

use super::builders;
use crate::report::schema::Report;
use crate::report::view::{View, workload_of};

fn lines(report: &Report) -> String {
    let view = View::new(report);
    let mut text = String::new();
    for branch in &view.trees[0].branches {
        let alike = if branch.alike.is_empty() { String::new() } else { format!(" and {} alike", branch.alike.len()) };
        let subject = workload_of(&branch.signal.subject);
        let also = branch.also.iter().map(|edge| format!(", also {}", edge.from)).collect::<String>();
        text.push_str(&format!("{}{} {subject}{alike}{also}\n", "  ".repeat(branch.depth), branch.signal.signal));
    }
    text
}

fn assert_each_signal_once(report: &Report) {
    let view = View::new(report);
    let mut ids: Vec<&str> = Vec::new();
    for (place, branch) in view.trees[0].branches.iter().enumerate() {
        assert!(branch.parent.is_none_or(|parent| parent < place));
        ids.push(&branch.signal.id);
        ids.extend(branch.alike.iter().map(|signal| signal.id.as_str()));
    }
    ids.sort_unstable();
    let mut members: Vec<&str> = report.cascades[0].signals.iter().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(ids, members);
}

#[test]
fn replicas_share_a_line() {
    insta::assert_snapshot!(lines(&builders::node_crash()), @r"
    NodeHeartbeatLost Node/node-1
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
      EvictionThresholdMet Node/node-1, also s4
        Evicted Pod/platform/alerter-*
          NodeNotSchedulable Node/node-1, also s11
        MemoryPressure Node/node-1
          Evicted(admission) Pod/platform/alerter-* and 6 alike
          Scheduled Pod/platform/alerter-*, also s19
            OOMKill Node/node-2
              OOMKilled Pod/platform/cache-*
                Unhealthy(readiness) Pod/platform/web-*
              OOMKilled Pod/monitoring/prometheus-*
                ScrapeGap Cluster
                Unhealthy(readiness) Pod/monitoring/prometheus-*
    ScalingReplicaSet Deployment/platform/alerter
    ");
}

#[test]
fn every_signal_stands_once_whatever_the_links() {
    assert_each_signal_once(&builders::node_crash());
    assert_each_signal_once(&builders::huge(2_000));
    let mut report = builders::memory_cascade();
    let mut back = report.edges.clone();
    for edge in &mut back {
        std::mem::swap(&mut edge.from, &mut edge.to);
    }
    report.edges.extend(back);
    report.edges.extend(report.edges.clone());
    assert_each_signal_once(&report);
    report.edges.clear();
    assert_each_signal_once(&report);
}
