//! Who was hurt, how many of how many, from when to when; and nobody where nobody was.

use super::Story;
use crate::cascade::link::example;
use crate::cascade::{Cascade, Edge, Grade, Impact, impacts};
use crate::model::End;
use chrono::{DateTime, Utc};

fn hurt(text: &str) -> Vec<Impact> {
    let story = Story::new(text);
    let analysis = story.analysis();
    impacts(&story.topology, &story.signals, (&analysis.cascades, &analysis.edges))
}

/// Each row as `what (n of m) from +Xs to +Ys`, `goes on` or `?`.
fn told(text: &str) -> Vec<String> {
    hurt(text).iter().map(line).collect()
}

fn line(one: &Impact) -> String {
    let after = |at: DateTime<Utc>| format!("{}s", (at - example::start()).num_seconds());
    let of = one.of.map_or("?".to_owned(), |of| of.to_string());
    let end = match one.end {
        End::At(end) => after(end),
        End::Ongoing => "goes on".to_owned(),
        End::Unknown => "?".to_owned(),
    };
    format!("{} ({} of {of}) {} to {end}", one.what(), one.subjects.len(), after(one.from.time))
}

/// Two of three pods of a workload lose their probes, and one more Service of the namespace is well.
const PROBES: &str = "{given: {
  pods: [{pod: Pod/shop/a-1, node: node-1, owner: Deployment/shop/a, labels: {app: a}, arrived: 0s, ready: 90s},
         {pod: Pod/shop/a-2, node: node-2, owner: Deployment/shop/a, labels: {app: a}, arrived: 0s, ready: 80s},
         {pod: Pod/shop/b-1, node: node-2, owner: Deployment/shop/b, labels: {app: b}, arrived: 0s, ready: 1s}],
  services: [{service: Service/shop/a, selects: {app: a}}, {service: Service/shop/b, selects: {app: b}}]}, signals: [
  {at: 30s, signal: Unhealthy(readiness), subject: Pod/shop/a-1, until: 60s},
  {at: 32s, signal: Unhealthy(readiness), subject: Pod/shop/a-2, until: 60s},
  {at: 32s, signal: NoReadyEndpoints, subject: Endpoints/shop/a, until: 61s},
  {at: 35s, signal: Unhealthy(readiness), subject: Pod/shop/b-1, until: 36s}]}";

#[test]
fn an_end_is_that_of_the_same_state_of_the_same_subject() {
    assert_eq!(
        told(PROBES),
        [
            "Service shop/a had no ready endpoint (1 of 2) 32s to 80s",
            "pods of Deployment/shop/a were not ready (2 of 2) 30s to 90s",
        ],
        "b-1 stayed ready all the while"
    );
    // Another pod that turned ready is no end of this one's trouble, and neither is the last of its events.
    let unknown = PROBES.replace("arrived: 0s, ready: 90s", "arrived: 0s");
    assert_eq!(told(&unknown)[1], "pods of Deployment/shop/a were not ready (2 of 2) 30s to ?");
    let lasts = PROBES.replace("ready: 90s", "unready: 33s");
    assert_eq!(told(&lasts)[1], "pods of Deployment/shop/a were not ready (2 of 2) 32s to goes on");
}

#[test]
fn one_is_out_when_it_turns_and_may_have_been_since_its_probe_failed() {
    let turned = PROBES.replace("ready: 90s", "unready: 50s").replace("ready: 80s", "unready: 52s");
    let rows = hurt(&turned);
    let pods = rows.iter().find(|row| row.whose.ends_with("Deployment/shop/a")).expect("a row of the pods");
    assert_eq!(line(pods), "pods of Deployment/shop/a were not ready (2 of 2) 50s to goes on");
    assert_eq!(pods.from.earlier_ms, 20_000);
    // One that was new is no worse than new until the first sign of trouble.
    let new = "{given: {pods: [{pod: Pod/shop/n-1, node: node-1, owner: ReplicaSet/shop/n, arrived: 0s, unready: 0s}]}, signals: [
      {at: 40s, signal: CrashLoopBackOff, subject: Pod/shop/n-1, until: 10m}]}";
    let rows = hurt(new);
    assert_eq!(
        rows.iter().map(line).collect::<Vec<_>>(),
        ["a pod of ReplicaSet/shop/n restarted again and again (1 of 1) 40s to goes on"]
    );
    assert_eq!(rows.first().map(|row| row.from.earlier_ms), Some(40_000));
}

#[test]
fn a_worse_state_is_not_told_of_the_time_before_it() {
    let evicted = |marked: &str| {
        told(&format!(
            "{{given: {{pods: [{{pod: Pod/shop/a-1, node: node-1, owner: ReplicaSet/shop/a, arrived: 0s, unready: 50s, gone: 400s}}]}}, signals: [
              {{at: 50s, signal: NodeNotReady, subject: Pod/shop/a-1}},
              {{at: {marked}, signal: TaintManagerEviction, subject: Pod/shop/a-1}}]}}"
        ))
    };
    assert_eq!(
        evicted("350s"),
        [
            "a pod of ReplicaSet/shop/a was not ready, then marked for deletion, for a taint of its node (1 of 1) 50s to ?"
        ]
    );
    assert_eq!(
        evicted("55s"),
        ["a pod of ReplicaSet/shop/a was marked for deletion, for a taint of its node (1 of 1) 50s to ?"]
    );
}

#[test]
fn outages_of_a_service_are_told_apart_where_it_was_served_between() {
    let outages = |second: &str, until: &str| {
        told(&format!(
            "{{given: {{services: [{{service: Service/shop/a, selects: {{app: a}}}}]}}, signals: [
              {{at: 10s, signal: NoReadyEndpoints, subject: Endpoints/shop/a, until: 60s}},
              {{at: {second}, signal: NoReadyEndpoints, subject: Endpoints/shop/a, until: {until}}}]}}"
        ))
    };
    assert_eq!(outages("80s", "90s"), ["Service shop/a had no ready endpoint (1 of 1) 10s to 90s"]);
    assert_eq!(
        outages("300s", "330s"),
        [
            "Service shop/a had no ready endpoint (1 of 1) 10s to 60s",
            "Service shop/a had no ready endpoint (1 of 1) 300s to 330s",
        ]
    );
}

#[test]
fn any_object_that_is_told_to_fail_is_hurt_and_the_cluster_is_nobody() {
    let rows = told(
        "{signals: [{at: 0s, signal: HelmReleaseFailed, subject: HelmRelease/shop/a, labels: {said: timed out}},
          {at: 1s, signal: MetricsBegin, subject: Cluster}]}",
    );
    assert_eq!(rows, ["HelmReleaseFailed (1 of 1) 0s to ?"], "as its signal says");
}

#[test]
fn a_service_that_a_later_snapshot_shows_without_endpoints_goes_on() {
    let service = |end: &str| {
        let text =
            PROBES.replace("arrived: 0s, ready: 90s", "arrived: 0s").replace("arrived: 0s, ready: 80s", "arrived: 0s");
        told(&text.replace("Endpoints/shop/a, until: 61s", &format!("Endpoints/shop/a, {end}, goes_on: true")))
            .remove(0)
    };
    assert_eq!(service("until: 5m"), "Service shop/a had no ready endpoint (1 of 2) 32s to goes on");
    // Nothing tells of it later than of its pods.
    assert_eq!(service("until: 60s"), "Service shop/a had no ready endpoint (1 of 2) 32s to ?");
}

#[test]
fn a_place_is_filled_by_the_pod_that_was_ready_in_it() {
    let text = "{given: {pods: [
      {pod: Pod/shop/a-1, node: node-1, owner: ReplicaSet/shop/a, arrived: 0s, gone: 5m},
      {pod: Pod/shop/a-2, node: node-2, owner: ReplicaSet/shop/a, arrived: 6m, gone: 10m},
      {pod: Pod/shop/a-3, node: node-2, owner: ReplicaSet/shop/a, arrived: 11m, ready: 12m},
      {pod: Pod/shop/a-4, node: node-3, owner: ReplicaSet/shop/a, arrived: 0s, ready: 1s}]}, signals: [
      {at: 290s, signal: EvictionThresholdMet, subject: Node/node-1, until: 291s},
      {at: 5m, signal: Evicted, subject: Pod/shop/a-1},
      {at: 599s, signal: EvictionThresholdMet, subject: Node/node-2, until: 600s},
      {at: 10m, signal: Evicted, subject: Pod/shop/a-2}]}";
    let rows = hurt(text);
    let lines: Vec<String> = rows.iter().map(line).filter(|line| line.starts_with("a pod")).collect();
    assert_eq!(lines, ["a pod of ReplicaSet/shop/a was evicted (1 of 2) 300s to 720s"], "{rows:?}");
    let evicted = rows.iter().find(|row| row.state.words(true) == "was evicted").expect("a row of the evicted");
    assert_eq!(evicted.in_place, 1);
    assert_eq!(evicted.ended_last.as_ref().map(ToString::to_string).as_deref(), Some("Pod/shop/a-3"));
    // A pod that never was ready fills nothing.
    let empty = text.replace("arrived: 11m, ready: 12m", "arrived: 11m");
    assert!(told(&empty).iter().any(|line| line == "a pod of ReplicaSet/shop/a was evicted (1 of 2) 300s to ?"));
}

#[test]
fn what_was_meant_to_end_is_nobodys_harm() {
    let rollout = "{given: {pods: [{pod: Pod/shop/a-1, node: node-1, owner: ReplicaSet/shop/a, stopping: 60s, ready: 1s}]}, signals: [
      {at: 59s, signal: ScalingReplicaSet, subject: Deployment/shop/a, labels: {replicaset: a-new}},
      {at: 61s, signal: Unhealthy(readiness), subject: Pod/shop/a-1, until: 63s}]}";
    assert_eq!(told(rollout), Vec::<String>::new());
    // A start that takes no longer than starts do.
    let start = "{given: {pods: [{pod: Pod/shop/a-1, node: node-1, owner: ReplicaSet/shop/a, arrived: 0s, ready: 4s}]}, signals: [
      {at: 1s, signal: FailedMount, subject: Pod/shop/a-1}]}";
    assert_eq!(told(start), Vec::<String>::new());
    let slow = start.replace("ready: 4s", "ready: 70s");
    assert_eq!(told(&slow), ["a pod of ReplicaSet/shop/a could not start (1 of 1) 1s to 70s"]);
}

#[test]
fn what_failed_before_and_elsewhere_is_left_out() {
    let text =
        PROBES.replace("signals: [", "signals: [{at: 5s, signal: BackoffLimitExceeded, subject: Job/shop/report},");
    assert_eq!(told(&text), told(PROBES));
    let later =
        PROBES.replace("signals: [", "signals: [{at: 40s, signal: BackoffLimitExceeded, subject: Job/shop/report},");
    let rows = hurt(&later);
    let job = rows.last().expect("a row");
    assert_eq!((line(job).as_str(), job.linked), ("Jobs shop/report failed for good (1 of 1) 40s to ?", false));
}

#[test]
fn order_in_time_alone_ties_nobody_to_the_cascade() {
    let story = Story::new(
        "{given: {pods: [{pod: Pod/shop/a-1, owner: ReplicaSet/shop/a, unready: 11s}]}, signals: [
           {at: 0s, signal: NodeNotReady, subject: Node/node-1, goes_on: true},
           {at: 10s, signal: Unhealthy(readiness), subject: Pod/shop/a-1, goes_on: true}]}",
    );
    let linked = |grade| {
        let edge = Edge {
            from: 0,
            to: 1,
            link: String::new(),
            relation: String::new(),
            lag_ms: 10_000,
            grade,
            why: String::new(),
            bridge: false,
            against: Vec::new(),
            evidence: Vec::new(),
        };
        let cascade = Cascade {
            headline: String::new(),
            first: vec![0],
            signals: vec![0, 1],
            from: example::start(),
            to: example::start(),
            end: End::Ongoing,
            affected: Vec::new(),
        };
        let rows = impacts(&story.topology, &story.signals, (&[cascade], &[edge]));
        rows.iter().find(|row| row.what().starts_with("a pod ")).map(|row| row.linked)
    };
    assert_eq!(linked(Grade::Known), Some(true));
    assert_eq!(linked(Grade::Order), Some(false));
}

#[test]
fn nodes_are_counted_of_all_that_are_known_and_jobs_of_their_family() {
    let text = "{given: {workloads: [{workload: Job/ci/build-1}, {workload: Job/ci/build-2}, {workload: Job/ci/other}]}, signals: [
      {at: 10s, signal: BackoffLimitExceeded, subject: Job/ci/build-2}]}";
    assert_eq!(told(text), ["Jobs ci/build-* failed for good (1 of 2) 10s to ?"]);
    let node = "{signals: [{at: 10s, signal: NodeNotReady, subject: Node/node-1, until: 70s}]}";
    assert_eq!(told(node), ["node was not ready (1 of ?) 10s to ?"], "no objects of nodes came, and no record ends it");
}

#[test]
fn pods_and_jobs_of_one_batch_are_one_row_and_a_rollout_that_stands_still_is_one() {
    let pod = |number: u32| {
        format!("{{pod: Pod/ci/part-{number}-x, owner: Job/ci/part-{number}, node: node-1, arrived: 0s}}")
    };
    let given = format!(
        "{{pods: [{}], workloads: [{{workload: Job/ci/part-1}}, {{workload: Job/ci/part-2}}, {{workload: Job/ci/part-3}}, {{workload: Deployment/shop/a}}]}}",
        [pod(1), pod(2), pod(3)].join(", ")
    );
    let text = format!(
        "{{given: {given}, signals: [
          {{at: 10s, signal: OutOfcpu, subject: Pod/ci/part-1-x}}, {{at: 10s, signal: BackoffLimitExceeded, subject: Job/ci/part-1}},
          {{at: 90s, signal: OutOfcpu, subject: Pod/ci/part-2-x}}, {{at: 90s, signal: BackoffLimitExceeded, subject: Job/ci/part-2}},
          {{at: 100s, signal: ProgressDeadlineExceeded, subject: Deployment/shop/a, goes_on: true}}]}}"
    );
    assert_eq!(
        told(&text),
        [
            "Jobs ci/part-* failed for good (2 of 3) 10s to ?",
            "pods of Jobs ci/part-* were refused by their node (2 of 3) 10s to goes on",
            "Deployment/shop/a made no progress with its rollout (1 of 1) 100s to goes on",
        ]
    );
}

/// Nothing ended in a pod that was marked with its node: it is well with it, and not when its successor is.
#[test]
fn what_a_node_marked_is_well_when_the_node_is_back() {
    let marked = "{given: {
      pods: [{pod: Pod/mq/r-1, uid: old, node: node-1, owner: StatefulSet/mq/r, arrived: 0s, gone: 20m},
             {pod: Pod/mq/r-1, uid: new, node: node-1, owner: StatefulSet/mq/r, arrived: 21m, ready: 22m}]}, signals: [
      {at: 1m, signal: NodeNotReady, subject: Node/node-1, until: 95s},
      {at: 1m, signal: NodeNotReady, subject: Pod/mq/r-1}]}";
    let of_pod = |text: &str| told(text).into_iter().find(|line| line.contains("StatefulSet")).unwrap_or_default();
    assert_eq!(of_pod(marked), "a pod of StatefulSet/mq/r was not ready (1 of 1) 60s to 95s");
    let gone_first = marked.replace("gone: 20m", "gone: 80s");
    assert_eq!(of_pod(&gone_first), "a pod of StatefulSet/mq/r was not ready (1 of 1) 60s to 1320s");
}

/// Callers that stay ready are hurt by what they log for it; what a run logs is told by how it ended.
#[test]
fn callers_that_log_errors_are_hurt_unless_worse_is_told_of_them() {
    let story = "{given: {
      pods: [{pod: Pod/shop/a-1, node: node-1, owner: Deployment/shop/a, labels: {app: a}, arrived: 0s, unready: 30s},
             {pod: Pod/web/w-1, node: node-1, owner: Deployment/web/w, calls: [Service/shop/a], arrived: 0s},
             {pod: Pod/web/w-2, node: node-1, owner: Deployment/web/w, calls: [Service/shop/a], arrived: 0s}],
      services: [{service: Service/shop/a, selects: {app: a}}]}, signals: [
      {at: 30s, signal: Unhealthy(readiness), subject: Pod/shop/a-1, goes_on: true},
      {at: 31s, signal: NoReadyEndpoints, subject: Endpoints/shop/a, goes_on: true},
      {at: 40s, signal: ErrorInLog, unrecognised: true, subject: Pod/web/w-1}]}";
    let of_callers = |text: &str| told(text).into_iter().find(|line| line.contains("/web/w")).unwrap_or_default();
    assert_eq!(of_callers(story), "a pod of Deployment/web/w logged errors (1 of 2) 40s to ?");
    let unready = story.replace("40s, signal: ErrorInLog, unrecognised: true", "40s, signal: Unhealthy(readiness)");
    assert!(of_callers(&unready).contains("was not ready"), "{:?}", told(&unready));
    let run = story.replace("Deployment/web/w", "Job/web/w");
    assert_eq!(of_callers(&run), "", "{:?}", told(&run));
    let before = story.replace("at: 40s", "at: 20s");
    assert_eq!(of_callers(&before), "", "it was logged before");
}
