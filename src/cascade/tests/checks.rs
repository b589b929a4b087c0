//! What contributed, and patterns over several signals.

use super::Story;
use std::collections::BTreeSet;

/// A node goes silent; the only pod behind a Service with it, and one that calls the Service fails its probes.
const LOST_SERVICE: &str = "{given: {
  pods: [{pod: Pod/shop/a-1, node: node-1, owner: StatefulSet/shop/a, labels: {app: a}},
         {pod: Pod/shop/b-1, node: node-2, owner: StatefulSet/shop/b, calls: [Service/shop/a]}],
  workloads: [{workload: StatefulSet/shop/a, replicas: 1}],
  services: [{service: Service/shop/a, selects: {app: a}}]}, signals: [
  {at: 0s, signal: NodeNotReady, subject: Node/node-1, until: 5m},
  {at: 0s, signal: NodeNotReady, subject: Pod/shop/a-1, until: 5m},
  {at: 1s, signal: NoReadyEndpoints, subject: Endpoints/shop/a, until: 5m},
  {at: 3s, signal: Unhealthy(liveness), subject: Pod/shop/b-1, until: 4m},
  {at: 2m, signal: AlertFiring, subject: Alert/KubeNodeNotReady, labels: {node: node-1}},
  {at: 3m, signal: NodeNotSchedulable, subject: Node/node-1, until: 6m},
  {at: 5m, signal: NodeReady, subject: Node/node-1}]}";

#[test]
fn factors_say_which_check_found_them_and_what_would_mend_it() {
    let analysis = Story::new(LOST_SERVICE).analysis();
    let told: Vec<(&str, &str)> = analysis.factors.iter().map(|one| (one.class.name(), one.id)).collect();
    assert_eq!(
        told,
        [
            ("trigger", "first-record"),
            ("latent", "single-replica"),
            ("latent", "liveness-dependency"),
            ("propagation", "dependency"),
            ("detection", "late-alert"),
            ("response", "cordon"),
            ("recovery", "node-back"),
            ("recovery", "last-end"),
        ]
    );
    let remedy = |id: &str| analysis.factors.iter().find(|one| one.id == id).and_then(|one| one.remedy.clone());
    let single = remedy("single-replica").expect("a remedy");
    assert!(single.contains("StatefulSet/shop/a") && single.contains("Service/shop/a"), "{single}");
    assert!(remedy("late-alert").is_some_and(|remedy| remedy.contains("Alert/KubeNodeNotReady")));
    assert!(analysis.factors.iter().all(|one| !one.evidence.is_empty()));
}

#[test]
fn questions_are_of_signals_and_of_checks_and_name_their_cascade() {
    let analysis = Story::new(LOST_SERVICE).analysis();
    let about: BTreeSet<&str> = analysis.questions.iter().map(|one| one.about.as_str()).collect();
    assert!(
        ["trigger", "detection", "response", "Endpoints/shop/a"].iter().all(|one| about.contains(one)),
        "{about:?}"
    );
    assert!(analysis.questions.iter().all(|one| one.cascade == Some(0)));
    let asked: BTreeSet<&str> = analysis.questions.iter().map(|one| one.question.as_str()).collect();
    assert_eq!(asked.len(), analysis.questions.len(), "each once");
}

#[test]
fn a_change_at_the_head_is_the_trigger_and_what_its_pods_read_is_told() {
    let story = Story::new(
        "{given: {pods: [{pod: Pod/shop/a-1, owner: ReplicaSet/shop/a-new}],
           workloads: [{workload: Deployment/shop/a, reads: [ConfigMap/shop/a]},
                       {workload: ReplicaSet/shop/a-new, owner: Deployment/shop/a}]}, signals: [
           {at: 0s, signal: ConfigChanged, subject: ConfigMap/shop/a, labels: {what: \"limits was written\"}},
           {at: 1h, signal: ScalingReplicaSet, subject: Deployment/shop/a, labels: {replicaset: a-new}},
           {at: 61m, signal: ErrImagePull, subject: Pod/shop/a-1}]}",
    );
    let factors = story.analysis().factors;
    let trigger = factors.first().expect("a factor");
    assert_eq!(trigger.id, "changed-first");
    assert!(trigger.statement.contains("Its pods read ConfigMap/shop/a: limits was written"), "{trigger:?}");
}

#[test]
fn a_failure_without_a_change_names_what_was_changed_before_it() {
    let story = Story::new(
        "{given: {pods: [{pod: Pod/shop/a-1, node: node-1, owner: Deployment/shop/a}]}, signals: [
           {at: 0s, signal: SpecChanged, subject: Deployment/shop/b}, {at: 1m, signal: SpecChanged, subject: Deployment/shop/a},
           {at: 40m, signal: FailedMount, subject: Pod/shop/a-1}, {at: 50m, signal: SpecChanged, subject: Deployment/shop/a}]}",
    );
    let factors = story.analysis().factors;
    let trigger = factors.first().expect("a factor");
    assert_eq!(trigger.id, "first-record");
    assert_eq!(trigger.statement.matches("Before it: SpecChanged").count(), 1, "{}", trigger.statement);
}

/// A pod is evicted for what it used, goes to another node, and does the same there; each eviction says who.
const FOLLOWS: &str = "{given: {pods: [
  {pod: Pod/shop/a-1, node: node-1, owner: ReplicaSet/shop/a, arrived: 0s, gone: 5m},
  {pod: Pod/shop/a-2, node: node-2, owner: ReplicaSet/shop/a, arrived: 6m}]}, signals: [
  {at: 290s, signal: EvictionThresholdMet, subject: Node/node-1},
  {at: 291s, signal: Evicted, subject: Pod/shop/a-1, labels: {resource: memory, usage: 2Gi}},
  {at: 6m, signal: Scheduled, subject: Pod/shop/a-2},
  {at: 10m, signal: EvictionThresholdMet, subject: Node/node-2},
  {at: 601s, signal: Evicted, subject: Pod/shop/a-2, labels: {resource: memory, usage: 2Gi}}]}";

#[test]
fn a_failure_that_follows_the_pod_is_a_motif_and_an_amplifier() {
    let analysis = Story::new(FOLLOWS).analysis();
    let motif = analysis.motifs.first().expect("a motif");
    assert_eq!(motif.signals, [0, 3]);
    assert!(motif.statement.contains("ReplicaSet/shop/a asked for what ran out, on node-1"), "{}", motif.statement);
    assert!(analysis.factors.iter().any(|one| one.id == "motif"), "{:?}", analysis.factors);
    let elsewhere = FOLLOWS.replace("usage: 2Gi", "usage: 1Mi");
    let motifs = Story::new(&elsewhere).analysis().motifs;
    assert!(motifs.iter().all(|one| one.motif != motif.motif), "nothing says that it had asked: {motifs:?}");
}
