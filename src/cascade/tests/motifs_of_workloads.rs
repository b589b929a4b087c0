//! Patterns over workloads and what they need: each with two stories that have it and one that has not.

use super::check_motif;

/// The resolver has no answer; two workloads cannot look names up.
fn names(second: &str, owner: &str) -> String {
    format!(
        "{{given: {{pods: [
            {{pod: Pod/kube-system/dns-1, node: n-1, owner: ReplicaSet/kube-system/dns}},
            {{pod: Pod/shop/a-1, node: n-1, owner: ReplicaSet/shop/a}},
            {{pod: Pod/bank/b-1, node: n-2, owner: {owner}}}]}}, signals: [
          {{at: 60s, signal: DNSUpstreamTimeout, subject: Pod/kube-system/dns-1, until: 5m}},
          {{at: 62s, signal: DNSLookupFailed, subject: Pod/shop/a-1, until: 5m}},
          {{at: {second}, signal: DNSLookupFailed, subject: Pod/bank/b-1, until: 5m}}]}}"
    )
}

#[test]
fn a_resolver_carries_its_trouble_to_everybody() {
    let service = names("70s", "ReplicaSet/bank/b").replace(
        "DNSUpstreamTimeout, subject: Pod/kube-system/dns-1",
        "NoReadyEndpoints, subject: Endpoints/kube-system/kube-dns",
    );
    let words = "2 workloads could not look names up";
    check_motif(
        "dns-amplifier",
        [(&names("70s", "ReplicaSet/bank/b"), words), (&service, words)],
        &names("10m", "ReplicaSet/bank/b"),
    );
}

/// A workload is refused pods, since a webhook that it answers for itself does not answer.
fn webhook(service: &str, selects: &str) -> String {
    format!(
        "{{given: {{
           pods: [{{pod: Pod/policy/p-1, owner: ReplicaSet/policy/p-1, labels: {{app: p}}}}],
           workloads: [{{workload: ReplicaSet/policy/p-1, owner: Deployment/policy/p}}, {{workload: Deployment/policy/p}}],
           services: [{{service: {service}, selects: {{app: {selects}}}}}],
           webhooks: {{check.policy.example: {service}}}}}, signals: [
          {{at: 60s, signal: FailedCreate, subject: ReplicaSet/policy/p-1, until: 5m, labels: {{webhook: check.policy.example}}}}]}}"
    )
}

#[test]
fn a_webhook_that_keeps_its_own_pods_out() {
    let once = webhook("Service/policy/answers", "p").replace(", until: 5m", "");
    let words =
        "Deployment/policy/p answers for it through Service/policy/answers, and was refused new pods at 00:01:00Z";
    check_motif(
        "webhook-deadlock",
        [(&webhook("Service/policy/answers", "p"), words), (&once, words)],
        &webhook("Service/policy/answers", "q"),
    );
}

/// A quota refuses two workloads, or one twice.
fn quota(second: &str) -> String {
    format!(
        "{{signals: [
          {{at: 60s, signal: FailedCreate, subject: ReplicaSet/shop/a-1, until: 5m, labels: {{quota: pods}}}},
          {{at: 70s, signal: FailedCreate, subject: {second}, until: 6m, labels: {{quota: pods}}}}]}}"
    )
}

#[test]
fn a_ceiling_refuses_whatever_comes() {
    let addresses = "{given: {pods: [{pod: Pod/shop/a-1, node: n-1, owner: StatefulSet/shop/a}, {pod: Pod/shop/b-1, node: n-1, owner: StatefulSet/shop/b}]}, signals: [
      {at: 60s, signal: AddressesExhausted, subject: Node/n-1, until: 5m},
      {at: 61s, signal: FailedCreatePodSandBox, subject: Pod/shop/a-1, until: 5m},
      {at: 62s, signal: FailedCreatePodSandBox, subject: Pod/shop/b-1, until: 5m}]}";
    check_motif(
        "ceiling",
        [(&quota("ReplicaSet/shop/b-1"), "quota pods of namespace shop"), (addresses, "the addresses for pods of n-1")],
        &quota("ReplicaSet/shop/a-1"),
    );
}

#[test]
fn a_volume_or_a_name_stays_with_a_node() {
    let volume = "{given: {pods: [
        {pod: Pod/bank/db-old, node: n-1, owner: ReplicaSet/bank/db, arrived: 0s},
        {pod: Pod/bank/db-new, node: n-2, owner: ReplicaSet/bank/db, arrived: 6m}]}, signals: [
      {at: 60s, signal: NodeNotReady, subject: Node/n-1, until: 20m},
      {at: 361s, signal: FailedAttachVolume, subject: Pod/bank/db-new, until: 15m}]}";
    let name = "{given: {pods: [
        {pod: Pod/bank/db-0, uid: u-1, node: n-1, owner: StatefulSet/bank/db, arrived: 0s, gone: 20m},
        {pod: Pod/bank/db-0, uid: u-2, node: n-2, owner: StatefulSet/bank/db, arrived: 20m}]}, signals: [
      {at: 60s, signal: NodeNotReady, subject: Node/n-1, until: 20m},
      {at: 361s, signal: TaintManagerEviction, subject: Pod/bank/db-0}]}";
    check_motif(
        "storage-identity-stuck",
        [(volume, "db-old, which had it before, was on n-1"), (name, "the next of this name came 13 min 59 s later")],
        &volume.replace("until: 20m", "until: 2m"),
    );
    let freed = name.replace("arrived: 20m", "arrived: 8m");
    assert_eq!(super::told("storage-identity-stuck", &freed), Vec::<String>::new(), "it came while the node was away");
}

/// A config is written while its pods run on; the next pods that start fail.
fn written(next: &str, more: &str) -> String {
    format!(
        "{{given: {{
           pods: [{{pod: Pod/shop/a-1, node: n-1, owner: StatefulSet/shop/a, arrived: 0s, gone: 30m}},
                  {{pod: Pod/shop/a-2, node: n-2, owner: StatefulSet/shop/a, arrived: {next}}}],
           workloads: [{{workload: StatefulSet/shop/a, reads: [ConfigMap/shop/a]}}]}}, signals: [
          {{at: 60s, signal: ConfigChanged, subject: ConfigMap/shop/a, labels: {{what: lanes was written}}}}{more},
          {{at: 31m, signal: CrashLoopBackOff, subject: Pod/shop/a-2, until: 40m}}]}}"
    )
}

#[test]
fn an_old_change_acts_at_the_next_start() {
    let ended = written("30m", "").replace("signal: CrashLoopBackOff", "signal: ContainerTerminated(crash)");
    check_motif(
        "delayed-execution",
        [
            (&written("30m", ""), "The first to start after it came 29 min later (a-2)"),
            (&ended, "ConfigMap/shop/a, which the pods of StatefulSet/shop/a read"),
        ],
        &written("30m", ", {at: 29m, signal: SpecChanged, subject: StatefulSet/shop/a}"),
    );
    let at_once = written("70s", "").replace("at: 31m", "at: 80s");
    assert_eq!(super::told("delayed-execution", &at_once), Vec::<String>::new(), "nothing was delayed");
}

/// A node is closed for what is wrong on it, and then a pod that had nothing to do with that finds no place.
fn closed(cordon: &str, hurt: &str) -> String {
    format!(
        "{{given: {{pods: [
            {{pod: Pod/shop/a-1, node: n-1, owner: StatefulSet/shop/a, arrived: 0s}}, {{pod: Pod/shop/b-2, owner: ReplicaSet/shop/b}}]}}, signals: [
          {{at: 60s, signal: Unhealthy(readiness), subject: Pod/shop/{hurt}, until: 90s}},
          {{at: {cordon}, signal: NodeNotSchedulable, subject: Node/n-1, until: 20m}},
          {{at: 130s, signal: FailedScheduling, subject: Pod/shop/b-2, until: 20m, labels: {{obstacle: unschedulable}}}}]}}"
    )
}

#[test]
fn what_was_done_made_a_second_failure() {
    let longer = closed("120s", "a-1").replace("until: 90s", "until: 10m");
    let words = "Until then nothing is known to have hurt ReplicaSet/shop/b";
    check_motif(
        "recovery-made-second-failure",
        [(&closed("120s", "a-1"), words), (&longer, words)],
        &closed("30s", "a-1"),
    );
    assert_eq!(
        super::told("recovery-made-second-failure", &closed("120s", "b-2")),
        Vec::<String>::new(),
        "it was hurt before"
    );
}

/// What watches is hurt from one time to another, with another pod on its node.
fn hit(watches: &str, other_until: &str, from: &str) -> String {
    format!(
        "{{given: {{pods: [
            {{pod: Pod/monitoring/{watches}, node: n-1, owner: StatefulSet/monitoring/{watches}}},
            {{pod: Pod/shop/a-1, node: n-1, owner: StatefulSet/shop/a}}]}}, signals: [
          {{at: 60s, signal: EvictionThresholdMet, subject: Node/n-1, until: 5m}},
          {{at: 61s, signal: Evicted, subject: Pod/shop/a-1, until: {other_until}}},
          {{at: {from}, signal: Evicted, subject: Pod/monitoring/{watches}, until: 10m}}]}}"
    )
}

#[test]
fn what_watches_is_among_the_hurt() {
    let words = "while it hurt 2 others";
    check_motif(
        "blind-during-the-incident",
        [(&hit("prometheus-0", "3m", "62s"), words), (&hit("alertmanager-0", "61s", "61s"), words)],
        &hit("reports-0", "3m", "62s"),
    );
}

/// A CronJob runs at each quarter, and a node is short at these minutes.
fn quarters(onsets: [&str; 3]) -> String {
    let run = |number: usize, at: &str| {
        format!("{{pod: Pod/shop/report-{number}, node: n-1, owner: Job/shop/report-{number}, arrived: {at}}}")
    };
    let runs = [run(1, "15m"), run(2, "30m"), run(3, "45m"), run(4, "60m")].join(", ");
    let jobs: Vec<String> =
        (1..5).map(|number| format!("{{workload: Job/shop/report-{number}, owner: CronJob/shop/report}}")).collect();
    let short: Vec<String> =
        onsets.iter().map(|at| format!("{{at: {at}, signal: EvictionThresholdMet, subject: Node/n-1}}")).collect();
    format!("{{given: {{pods: [{runs}], workloads: [{}]}}, signals: [{}]}}", jobs.join(", "), short.join(", "))
}

#[test]
fn what_recurs_with_the_runs_of_a_cron_job() {
    let words = "It recurs with CronJob/shop/report: EvictionThresholdMet of Node/n-1 began 3 times";
    check_motif(
        "phase-locked-recurrence",
        [(&quarters(["905s", "1820s", "2703s"]), words), (&quarters(["1801s", "2702s", "3603s"]), words)],
        &quarters(["905s", "1820s", "2000s"]),
    );
}

#[test]
fn work_that_waits_and_of_which_nothing_is_said() {
    let waits = "{signals: [
      {at: 60s, signal: ChangeNotObserved, subject: Deployment/shop/a, until: 40m},
      {at: 90s, signal: ChangeNotObserved, subject: Deployment/shop/b, until: 40m}]}";
    let pod = "{signals: [{at: 60s, signal: PodNotLookedAt, subject: Pod/shop/a-1, until: 40m}]}";
    let said = pod.replace("]}", ", {at: 61s, signal: FailedScheduling, subject: Pod/shop/a-1}]}");
    check_motif(
        "silent-stall",
        [
            (waits, "2 objects wait so: Deployment/shop/a and Deployment/shop/b"),
            (pod, "from 00:01:00Z to 00:40:00Z at least (39 min)"),
        ],
        &said,
    );
}
