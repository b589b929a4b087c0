//! Patterns over nodes and the control plane: each with two stories that have it and one that has not.

use super::check_motif;

/// Three nodes are marked; their kubelets complain; all come back.
fn storm(second: &str, back: &str) -> String {
    format!(
        "{{signals: [
          {{at: 20s, signal: NodeStatusUpdateFailed, subject: Node/n-1, until: 100s}},
          {{at: 20s, signal: NodeStatusUpdateFailed, subject: Node/n-2, until: 100s}},
          {{at: 22s, signal: NodeLeaseNotRenewed, subject: Node/n-3, until: 100s}},
          {{at: 60s, signal: NodeNotReady, subject: Node/n-1, until: 120s}},
          {{at: {second}, signal: NodeNotReady, subject: Node/n-2, until: {back}}},
          {{at: 62s, signal: NodeNotReady, subject: Node/n-3, until: 121s}}]}}"
    )
}

#[test]
fn many_nodes_that_go_and_come_together_are_a_storm() {
    let words = "3 nodes (n-1, n-2 and n-3) were marked not ready within 2 s";
    let later = storm("90s", "150s");
    check_motif(
        "notready-storm",
        [(&storm("61s", "120s"), words), (&later, "all were back within 30 s")],
        &storm("30m", "31m"),
    );
}

#[test]
fn a_storm_needs_kubelets_that_were_alive() {
    let silent = storm("61s", "120s")
        .replace("NodeLeaseNotRenewed, subject: Node/n-3", "NodeLeaseNotRenewed, subject: Node/n-9");
    assert_eq!(super::told("notready-storm", &silent), Vec::<String>::new());
}

/// A pod is put out of one node and comes to another, where the same happens.
fn moved(second: &str, end: &str) -> String {
    format!(
        "{{given: {{pods: [
            {{pod: Pod/shop/a-1, node: n-1, owner: ReplicaSet/shop/a, arrived: 0s, gone: 61s}},
            {{pod: Pod/shop/a-2, node: n-2, owner: ReplicaSet/shop/{second}, arrived: 90s}}]}}, signals: [
          {{at: 60s, signal: EvictionThresholdMet, subject: Node/n-1}},
          {{at: 61s, signal: MemoryPressure, subject: Node/n-1, until: 6m, labels: {{shortage: memory}}}},
          {{at: 61s, signal: Evicted, subject: Pod/shop/a-1}},
          {{at: 90s, signal: Scheduled, subject: Pod/shop/a-2}},
          {{at: 100s, signal: EvictionThresholdMet, subject: Node/n-2}},
          {{at: 101s, signal: {end}, subject: Pod/shop/a-2}}]}}"
    )
}

#[test]
fn pods_that_one_node_could_not_hold_bring_down_the_next() {
    let killed = moved("a", "Evicted").replace(
        "{at: 100s, signal: EvictionThresholdMet, subject: Node/n-2},\n          {at: 101s, signal: Evicted, subject: Pod/shop/a-2}",
        "{at: 100s, signal: OOMKill, subject: Node/n-2, labels: {scope: node}},\n          {at: 101s, signal: OOMKilled, subject: Pod/shop/a-2}",
    );
    check_motif(
        "eviction-avalanche",
        [
            (&moved("a", "Evicted"), "a-1 was evicted there at 00:01:01Z, a-2 of the same workload came to n-2"),
            (&killed, "ran short at 00:01:40Z (OOMKill)"),
        ],
        &moved("b", "Evicted"),
    );
}

#[test]
fn a_slow_control_plane_that_nodes_pay_for() {
    let slow = "{signals: [
      {at: 0s, signal: EtcdSlow(storage), subject: Process/etcd, until: 2m},
      {at: 10s, signal: APIServerSlow(latency), subject: Process/kube-apiserver, until: 2m},
      {at: 40s, signal: NodeLeaseNotRenewed, subject: Node/n-1, until: 2m},
      {at: 41s, signal: NodeLeaseNotRenewed, subject: Node/n-2, until: 2m}]}";
    let reported = slow.replace("NodeLeaseNotRenewed", "NodeStatusUpdateFailed");
    let one = slow.replace("Node/n-2", "Node/n-1");
    let words = "the kubelets of n-1 and n-2 could not report in time";
    check_motif("control-plane-saturation", [(slow, words), (&reported, words)], &one);
}

#[test]
fn several_nodes_that_lose_their_network_within_a_minute() {
    let lost = "{signals: [
      {at: 60s, signal: NetworkPluginNotReady, subject: Node/n-1, until: 5m},
      {at: 70s, signal: NetworkPluginNotReady, subject: Node/n-2, until: 5m},
      {at: 71s, signal: NodeNotReady(kubelet), subject: Node/n-2, until: 5m}]}";
    let other = lost
        .replace("signal: NetworkPluginNotReady, subject: Node/n-1", "signal: NetworkUnavailable, subject: Node/n-1");
    let words = "The pod network of 2 nodes (n-1 and n-2) was lost within 10 s";
    check_motif(
        "node-network-wiped",
        [(lost, words), (&other, words)],
        &lost.replace("at: 60s", "at: 0s").replace("at: 70s", "at: 69s"),
    );
}

#[test]
fn nodes_that_just_joined_have_lost_nothing() {
    let joined = "{signals: [
      {at: 50s, signal: RegisteredNode, subject: Node/n-1}, {at: 50s, signal: RegisteredNode, subject: Node/n-2},
      {at: 60s, signal: NetworkPluginNotReady, subject: Node/n-1}, {at: 70s, signal: NetworkPluginNotReady, subject: Node/n-2}]}";
    assert_eq!(super::told("node-network-wiped", joined), Vec::<String>::new());
}

/// Two nodes run short of memory; who used most of it.
fn hog(owner: &str, second: &str) -> String {
    format!(
        "{{given: {{pods: [
            {{pod: Pod/kube-system/agent-1, node: n-1, owner: {owner}, arrived: 0s, gone: 61s}},
            {{pod: Pod/kube-system/agent-2, node: n-2, owner: {owner}, arrived: 0s, gone: 301s}}]}}, signals: [
          {{at: 60s, signal: EvictionThresholdMet, subject: Node/n-1}},
          {{at: 61s, signal: Evicted, subject: Pod/kube-system/agent-1, labels: {{resource: memory, usage: 2Gi}}}},
          {{at: {second}, signal: EvictionThresholdMet, subject: Node/n-2}},
          {{at: {second}, signal: Evicted, subject: Pod/kube-system/agent-2, labels: {{resource: memory, usage: 2Gi}}}}]}}"
    )
}

#[test]
fn an_agent_that_asks_for_too_much_on_each_node() {
    let agent = "DaemonSet/kube-system/agent";
    let words = "2 nodes ran short (n-1 and n-2";
    check_motif(
        "per-node-agent-hog",
        [(&hog(agent, "300s"), words), (&hog(agent, "62s"), words)],
        &hog("StatefulSet/kube-system/agent", "300s"),
    );
}

/// A pod of the system is put out of a node on which another stays.
fn displaced(namespace: &str, owner: &str, signal: &str) -> String {
    format!(
        "{{given: {{pods: [
            {{pod: Pod/{namespace}/net-1, node: n-1, owner: {owner}/{namespace}/net, arrived: 0s, gone: 61s}},
            {{pod: Pod/shop/web-1, node: n-1, owner: StatefulSet/shop/web, arrived: 0s}}]}}, signals: [
          {{at: 60s, signal: DiskPressure, subject: Node/n-1, until: 5m}},
          {{at: 61s, signal: {signal}, subject: Pod/{namespace}/net-1}}]}}"
    )
}

#[test]
fn what_a_node_needs_is_put_out_while_applications_stay() {
    let words = "while pods of 1 other workload stayed on it (StatefulSet/shop/web)";
    check_motif(
        "critical-add-on-displaced",
        [
            (&displaced("kube-system", "DaemonSet", "Evicted"), words),
            (&displaced("kube-system", "DaemonSet", "TaintManagerEviction"), words),
        ],
        &displaced("shop", "DaemonSet", "Evicted"),
    );
}

/// The API server is slow, a client floods it, and it tells clients to wait.
fn flooded(slow_at: &str, slow: &str) -> String {
    format!(
        "{{signals: [
          {{at: {slow_at}, signal: {slow}, subject: Process/kube-apiserver, until: 10m}},
          {{at: 60s, signal: ClientFloods, subject: Process/kube-apiserver, until: 5m}},
          {{at: 70s, signal: APIRequestsThrottled, subject: Process/kube-apiserver, until: 5m}}]}}"
    )
}

#[test]
fn a_flood_after_slowness_is_of_repeats() {
    check_motif(
        "retry-amplification",
        [
            (&flooded("0s", "APIServerSlow"), "then ClientFloods from 00:01:00Z"),
            (&flooded("30s", "APIServerErrors"), "then ClientFloods"),
        ],
        &flooded("65s", "APIServerSlow"),
    );
}

#[test]
fn what_is_measured_late_turns_the_order_round() {
    let late = "{given: {pods: [{pod: Pod/shop/a-1, node: n-1}]}, signals: [
      {at: 30s, signal: Evicted(admission), subject: Pod/shop/a-1},
      {at: 70s, signal: MemoryPressure, subject: Node/n-1, earlier: 60s, until: 5m}]}";
    let later = late.replace("at: 30s", "at: 20s");
    let words = "is recorded at 00:01:10Z, 40 s after";
    check_motif("measured-late", [(late, words), (&later, "50 s after")], &late.replace("at: 30s", "at: 60s"));
}
