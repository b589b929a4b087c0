//! Old changes that act late, rollouts that go well and those that do not.

use super::Story;

/// The edges of a story, without their grades.
fn edges(story: &str) -> Vec<String> {
    let edges = Story::new(story).edges();
    edges.iter().map(|edge| edge.split(" (").next().unwrap_or_default().to_owned()).collect()
}

const READERS: &str = "pods: [
    {pod: Pod/shop/a-1, owner: ReplicaSet/shop/a, arrived: 0s, gone: 20h, labels: {app: a}},
    {pod: Pod/shop/w-1, owner: ReplicaSet/shop/w, arrived: 0s, gone: 61m, labels: {app: w}}],
  workloads: [
    {workload: ReplicaSet/shop/a, owner: Deployment/shop/a, reads: [Secret/shop/db]},
    {workload: ReplicaSet/shop/w, owner: Deployment/shop/w, reads: [Secret/shop/db]},
    {workload: Deployment/shop/w, reads: [Secret/shop/db]}]";

#[test]
fn a_secret_whose_key_went_hits_a_pod_when_it_is_started_again() {
    let found = edges(&format!(
        "{{given: {{{READERS}}}, signals: [
          {{at: 0s, signal: ScalingReplicaSet, subject: Deployment/shop/a, labels: {{replicaset: a}}}},
          {{at: 1s, signal: Started, subject: Pod/shop/a-1}},
          {{at: 1h, signal: ConfigChanged, subject: Secret/shop/db}},
          {{at: 60m5s, signal: ScalingReplicaSet, subject: Deployment/shop/w, labels: {{replicaset: w}}}},
          {{at: 90m, signal: ContainerTerminated, subject: Pod/shop/a-1, labels: {{container: app, exit_code: '0'}}}},
          {{at: 90m1s, signal: CreateContainerConfigError, subject: Pod/shop/a-1,
            labels: {{container: app, key: password, lacking_kind: Secret, lacking: db}}, until: 100m}},
          {{at: 90m2s, signal: CrashLoopBackOff, subject: Pod/shop/a-1, labels: {{container: app}}, until: 100m}}]}}"
    ));
    assert_eq!(
        found,
        [
            "ConfigChanged > CreateContainerConfigError: config-read-at-start",
            "ContainerTerminated > CreateContainerConfigError: ended-container-is-not-configured-again",
            "CreateContainerConfigError > CrashLoopBackOff: unconfigured-container-backs-off",
        ],
        "neither the old rollout of the pod nor the one of another reader, which went well, is part of it"
    );
}

#[test]
fn a_change_of_what_nobody_missed_is_no_cause() {
    let found = edges(&format!(
        "{{given: {{{READERS}}}, signals: [
          {{at: 1h, signal: ConfigChanged, subject: ConfigMap/shop/other}},
          {{at: 90m, signal: CreateContainerConfigError, subject: Pod/shop/a-1,
            labels: {{container: app, key: password, lacking_kind: Secret, lacking: db}}, until: 100m}},
          {{at: 95m, signal: ConfigChanged, subject: Secret/shop/db}}]}}"
    ));
    assert_eq!(found, Vec::<String>::new(), "the one is of another object, the other came afterwards");
}

#[test]
fn a_quota_refuses_hours_later_and_heads_the_cascade() {
    let story = |limited: &str| {
        Story::new(&format!(
            "{{given: {{pods: [{{pod: Pod/shop/db-0, owner: StatefulSet/shop/db, arrived: 0s, labels: {{app: db}}}}],
                services: [{{service: Service/shop/db, selects: {{app: db}}}}]}}, signals: [
              {{at: 0s, signal: ObjectChanged, subject: ResourceQuota/shop/team}},
              {{at: 5h, signal: SpecChanged, subject: StatefulSet/shop/db}},
              {{at: 300m1s, signal: SuccessfulDelete, subject: StatefulSet/shop/db, labels: {{what: db-0}}}},
              {{at: 300m1s, signal: Killing(stopping), subject: Pod/shop/db-0}},
              {{at: 300m3s, signal: FailedCreate, subject: StatefulSet/shop/db,
                labels: {{quota: team, used: 'pods=7', limited: 'pods={limited}'}}}}]}}"
        ))
    };
    let below = story("6");
    let edges = below.edges();
    assert!(edges.contains(&"ObjectChanged > FailedCreate: changed-quota-refuses (mechanism)".to_owned()), "{edges:?}");
    assert!(
        edges.contains(&"SpecChanged > SuccessfulDelete: changed-set-replaces-its-pods (known)".to_owned()),
        "{edges:?}"
    );
    let analysis = below.analysis();
    let first = analysis.cascades.first().expect("a cascade");
    assert_eq!(first.first, [0, 1], "both changes stand at its head");
    let full = story("7").edges();
    assert!(
        full.contains(&"ObjectChanged > FailedCreate: changed-quota-refuses (order)".to_owned()),
        "it may have filled up since: {full:?}"
    );
}

#[test]
fn a_departed_pod_does_not_empty_a_service_once_another_has_started() {
    let story = |started: &str| {
        edges(&format!(
            "{{given: {{pods: [
                {{pod: Pod/shop/a-1, owner: ReplicaSet/shop/a, arrived: 0s, stopping: 1m, labels: {{app: a}}}},
                {{pod: Pod/shop/a-2, owner: ReplicaSet/shop/a, arrived: 1m, labels: {{app: a}}}}],
              workloads: [{{workload: ReplicaSet/shop/a, owner: Deployment/shop/a}}],
              services: [{{service: Service/shop/a, selects: {{app: a}}}}]}}, signals: [
              {{at: 75s, signal: Killing(stopping), subject: Pod/shop/a-1}},
              {{at: {started}, signal: Started, subject: Pod/shop/a-2}},
              {{at: 100s, signal: NoReadyEndpoints, subject: Endpoints/shop/a, until: 2m}}]}}"
        ))
    };
    assert_eq!(story("98s"), ["Killing(stopping) > NoReadyEndpoints: departed-pod-empties-service"]);
    assert_eq!(story("82s"), Vec::<String>::new());
}

#[test]
fn with_recreate_the_change_leads_to_the_end_of_the_old_pods() {
    let story = |recreated: bool| {
        edges(&format!(
            "{{given: {{pods: [{{pod: Pod/shop/a-1, owner: ReplicaSet/shop/a-1, arrived: 0s, labels: {{app: a}}}}],
              workloads: [{{workload: ReplicaSet/shop/a-1, owner: Deployment/shop/a}},
                          {{workload: Deployment/shop/a, recreated: {recreated}}}],
              services: [{{service: Service/shop/a, selects: {{app: a}}}}]}}, signals: [
              {{at: 60s, signal: SpecChanged, subject: Deployment/shop/a}},
              {{at: 60s, signal: ScalingReplicaSet(fewer), subject: Deployment/shop/a, labels: {{replicaset: a-1}}}},
              {{at: 60s, signal: SuccessfulDelete, subject: ReplicaSet/shop/a-1, labels: {{what: a-1}}}},
              {{at: 60s, signal: Killing(stopping), subject: Pod/shop/a-1}},
              {{at: 63s, signal: ScalingReplicaSet, subject: Deployment/shop/a, labels: {{replicaset: a-2}}}},
              {{at: 63s, signal: FailedCreate, subject: ReplicaSet/shop/a-2}},
              {{at: 60s, signal: NoReadyEndpoints, subject: Endpoints/shop/a, until: 2m}}]}}"
        ))
    };
    let joined = "ScalingReplicaSet(fewer) > ScalingReplicaSet: recreate-makes-new-pods-last".to_owned();
    let (with, without) = (story(true), story(false));
    assert!(with.contains(&joined), "{with:?}");
    assert!(with.contains(&"SpecChanged > ScalingReplicaSet(fewer): change-takes-pods-first".to_owned()), "{with:?}");
    assert!(
        with.contains(&"Killing(stopping) > NoReadyEndpoints: departed-pod-empties-service".to_owned()),
        "{with:?}"
    );
    assert!(!without.contains(&joined), "{without:?}");
}
