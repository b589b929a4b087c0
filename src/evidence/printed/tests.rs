//! Tables and descriptions in the forms of kubectl, and whatever else a file may hold.

use super::*;
use crate::evidence::{Fact, Record};
use proptest::prelude::*;

fn printed() -> DateTime<Utc> {
    "2026-11-21T07:10:00Z".parse().expect("a time")
}

fn place() -> Place {
    Place::of_line(1, printed())
}

fn tables(text: &str) -> Findings {
    let mut found = Findings::default();
    read_tables(text.as_bytes(), Printed(Some(printed())), place(), &mut found);
    found
}

fn told(found: &Findings) -> Vec<String> {
    let seconds = |at: DateTime<Utc>| at.format("%H:%M:%S").to_string();
    let fact = |fact: Fact<'_>| {
        let record = match fact.record {
            Record::Event { reason, note, container, .. } => format!("{reason} {} {note}", container.unwrap_or("-")),
            Record::Waiting { reason, .. } | Record::StatusReason { reason, .. } => reason.to_owned(),
            Record::Condition { condition, status, .. } => format!("{condition}={status}"),
            Record::Running { restarts, .. } => format!("running {restarts}"),
            Record::Terminated { container, reason, exit_code, .. } => format!("{container} {reason} {exit_code}"),
            other => format!("{other:?}"),
        };
        let (from, to) = (seconds(fact.at.earliest()), seconds(fact.last.time));
        format!("{from}..{to} x{} {} {record}", fact.count, fact.subject)
    };
    found.facts.iter().map(fact).collect()
}

#[test]
fn events_are_as_exact_as_their_ages() {
    let found = tables(
        "LAST SEEN               TYPE      REASON      OBJECT          MESSAGE\n\
         5m                      Normal    Scheduled   Pod/web-0       Successfully assigned shop/web-0 to node-1\n\
         2m30s (x5 over 10m)     Warning   BackOff     Pod/web-0       Back-off restarting failed container web in pod web-0_shop(u1)\n\
         <unknown>               Normal    Killing     Pod/web-1       Stopping container web\n\
         3h                      Normal    NodeReady   Node/node-1     Node node-1 status is now: NodeReady\n",
    );
    let expected = [
        "07:03:57..07:05:00 x1 Pod/shop/web-0 Scheduled - Successfully assigned shop/web-0 to node-1",
        "06:58:57..07:07:30 x5 Pod/shop/web-0 BackOff web Back-off restarting failed container web in pod web-0_shop(u1)",
        "03:09:57..04:10:00 x1 Node/node-1 NodeReady - Node node-1 status is now: NodeReady",
    ];
    assert_eq!(told(&found), expected);
    assert_eq!(found.unreadable.len(), 1, "an event without a time");
    let node = found.facts.iter().next().expect("an event").node;
    assert_eq!(node, Some("node-1"));
}

#[test]
fn wide_and_custom_columns_tell_the_same() {
    let wide = tables(
        "NAMESPACE   LAST SEEN   TYPE      REASON    OBJECT      SUBOBJECT             SOURCE            MESSAGE   FIRST SEEN   COUNT   NAME\n\
         shop        30s         Warning   Failed    pod/web-0   spec.containers{web}  kubelet, node-1   Error: x  9m1s         12      web-0.17\n\
         default     30s         Normal    Starting  node/node-1                       kubelet, node-1   Starting  30s          1       node-1.17\n",
    );
    let expected = [
        "07:00:55..07:09:30 x12 Pod/shop/web-0 Failed web Error: x",
        "07:09:26..07:09:30 x1 Node/node-1 Starting - Starting",
    ];
    assert_eq!(told(&wide), expected);
    let custom = "TIME                   NS     KIND   NAME    REASON    MESSAGE\n\
                  2026-11-21T07:00:00Z   shop   Pod    web-0   Killing   Stopping container web\n";
    let mut found = Findings::default();
    read_tables(custom.as_bytes(), Printed(None), place(), &mut found);
    assert_eq!(told(&found), ["06:59:59..07:00:00 x1 Pod/shop/web-0 Killing web Stopping container web"]);
}

#[test]
fn what_has_only_ages_needs_to_know_when_it_was_printed() {
    let text = "LAST SEEN   TYPE     REASON    OBJECT      MESSAGE\n5m          Normal   Killing   pod/web-0   x\n";
    let mut found = Findings::default();
    read_tables(text.as_bytes(), Printed(None), place(), &mut found);
    assert_eq!((found.facts.len(), found.unreadable.len()), (0, 1));
    let above = format!("Sat Nov 21 08:00:00 UTC 2026\n$ kubectl get events -n shop\n{text}");
    read_tables(above.as_bytes(), Printed(None), place(), &mut found);
    assert_eq!(told(&found), ["07:53:57..07:55:00 x1 Pod/shop/web-0 Killing - x"]);
}

#[test]
fn a_pods_word_tells_what_its_container_does() {
    let found = tables(
        "NAMESPACE   NAME    READY   STATUS                  RESTARTS      AGE   IP       NODE\n\
         shop        web-0   0/1     CrashLoopBackOff        5 (3m ago)    9m    <none>   node-1\n\
         shop        web-1   0/1     OOMKilled               1 (10s ago)   9m    <none>   node-1\n\
         shop        web-2   0/1     Evicted                 0             9m    <none>   node-1\n\
         shop        web-3   0/1     Init:ImagePullBackOff   0             9m    <none>   <none>\n\
         shop        web-4   0/1     Init:0/2                0             9m    <none>   node-1\n\
         shop        web-5   1/1     Running                 2 (3m ago)    9m    <none>   node-1\n\
         shop        web-6   1/1     Running                 0             9m    <none>   node-1\n\
         shop        web-7   1/1     Terminating             0             9m    <none>   node-1\n\
         shop        web-8   0/1     Error                   0             9m    <none>   node-1\n",
    );
    let expected = [
        "07:05:56..07:10:00 x1 Pod/shop/web-0 CrashLoopBackOff",
        "07:09:45..07:10:00 x1 Pod/shop/web-1 OOMKilled",
        "06:59:56..07:10:00 x1 Pod/shop/web-2 Evicted",
        "06:59:56..07:10:00 x1 Pod/shop/web-3 ImagePullBackOff",
        "07:05:56..07:10:00 x1 Pod/shop/web-5 running 2",
        "06:59:56..07:10:00 x1 Pod/shop/web-8 Error",
    ];
    assert_eq!(told(&found), expected);
}

#[test]
fn nodes_and_claims() {
    let found = tables(
        "NAME     STATUS                        ROLES           AGE   VERSION\n\
         node-1   Ready                         control-plane   9m    v1.34.4\n\
         node-2   NotReady,SchedulingDisabled   <none>          9m    v1.34.4\n\
         \n\
         NAME   STATUS    VOLUME   CAPACITY   ACCESS MODES   STORAGECLASS   AGE\n\
         data   Pending                                      standard       30s\n",
    );
    let expected = [
        "06:59:56..07:10:00 x1 Node/node-1 Ready=True",
        "06:59:56..07:10:00 x1 Node/node-2 Ready=False",
        "07:09:25..07:10:00 x1 PersistentVolumeClaim/data Pending",
    ];
    assert_eq!(told(&found), expected);
}

#[test]
fn a_described_pod_is_the_pod() {
    let text = "Name:             prometheus-1\nNamespace:        monitoring\nNode:             node-2/10.88.0.12\nStart Time:       Sat, 21 Nov 2026 07:00:37 +0000\nLabels:           app=p\nStatus:           Failed\nReason:           Evicted\nMessage:          The node was low on resource: memory. Threshold quantity: 100Mi, available: 57716Ki. \nControlled By:  ReplicaSet/prometheus\nContainers:\n  prometheus:\n    Image:         lab/busybox:1\n    Command:\n      sh\n      State:     Terminated\n    State:          Terminated\n      Reason:       ContainerStatusUnknown\n      Exit Code:    137\n      Started:      Mon, 01 Jan 0001 00:00:00 +0000\n      Finished:     Mon, 01 Jan 0001 00:00:00 +0000\n    Last State:     Terminated\n      Reason:       OOMKilled\n      Exit Code:    137\n      Started:      Sat, 21 Nov 2026 07:02:23 +0000\n      Finished:     Sat, 21 Nov 2026 07:02:30 +0000\n    Ready:          False\n    Restart Count:  3\n    Limits:\n      memory:     250Mi\nConditions:\n  Type                        Status\n  Ready                       False \nQoS Class:                   BestEffort\nEvents:\n  Type     Reason     Age                    From               Message\n  ----     ------     ----                   ----               -------\n  Warning  BackOff    5m26s (x7 over 6m31s)  kubelet            Back-off restarting failed container prometheus in pod prometheus-1_monitoring(u1)\n";
    let mut found = Findings::default();
    read_described(text.as_bytes(), Printed(Some(printed())), place(), &mut found);
    let expected = [
        "07:00:36..07:10:00 x1 Pod/monitoring/prometheus-1 Ready=False",
        "07:00:36..07:10:00 x1 Pod/monitoring/prometheus-1 Evicted",
        "07:02:29..07:02:30 x1 Pod/monitoring/prometheus-1 prometheus OOMKilled 137",
        "07:00:36..07:10:00 x1 Pod/monitoring/prometheus-1 prometheus ContainerStatusUnknown 137",
        "07:03:25..07:04:34 x7 Pod/monitoring/prometheus-1 BackOff prometheus Back-off restarting failed container prometheus in pod prometheus-1_monitoring(u1)",
    ];
    assert_eq!(told(&found), expected);
    assert!(found.facts.iter().all(|fact| fact.node == Some("node-2")));
    let object = found.pods.entry("monitoring", "prometheus-1", "").object.clone().expect("an object");
    assert!(object.spec.containers.iter().all(|one| one.resources.limits.contains_key("memory")));
}

#[test]
fn a_described_node_is_the_node() {
    let text = "Name:               node-2\nRoles:              <none>\nLabels:             kubernetes.io/hostname=node-2\nCreationTimestamp:  Sat, 21 Nov 2026 06:12:32 +0000\nUnschedulable:      false\nConditions:\n  Type             Status    LastHeartbeatTime                 LastTransitionTime                Reason              Message\n  ----             ------    -----------------                 ------------------                ------              -------\n  MemoryPressure   Unknown   Sat, 21 Nov 2026 07:00:51 +0000   Sat, 21 Nov 2026 07:01:33 +0000   NodeStatusUnknown   Kubelet stopped posting node status.\nSystem Info:\n  Machine ID:                 ba09\nProviderID:                   aws:///eu-west-1a/i-0abc\nNon-terminated Pods:          (0 in total)\nEvents:              <none>\n";
    let mut found = Findings::default();
    read_described(text.as_bytes(), Printed(None), place(), &mut found);
    assert_eq!(told(&found), ["07:01:32..07:01:33 x1 Node/node-2 MemoryPressure=Unknown"]);
    assert_eq!(found.node_names.of("i-0abc"), Some("node-2"));
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC{0,300}", rows in "[a-z0-9/:()<>. \n]{0,200}") {
        for names in ["", "LAST SEEN  TYPE  REASON  OBJECT  MESSAGE\n", "NAME  READY  STATUS  RESTARTS  AGE\n", "NAME  STATUS  ROLES  AGE  VERSION\n"] {
            tables(&format!("{names}{text}"));
            tables(&format!("{names}{rows}"));
        }
        for kind in ["QoS Class: x", "System Info:", "Conditions:\n  Type  Status\nQoS Class: x", "Events:\n  Type  Reason  Age  From  Message\nQoS Class: x"] {
            let text = format!("Name:  a\n{kind}\n{rows}\n{text}");
            read_described(text.as_bytes(), Printed(Some(printed())), place(), &mut Findings::default());
        }
    }
}
