//! What the failing share: a story of each kind of subject, and those in which nothing may be said.

use super::Story;
use crate::cascade::common::of_all;
use crate::cascade::link::example;
use crate::cascade::{Cascade, Common};
use crate::evidence::{CheckOutcome, CheckRun, JoinedRun};
use crate::model::{Citation, End};
use chrono::{TimeDelta, Timelike};

/// What is found where all signals of a story are one cascade.
fn found(text: &str) -> Vec<Common> {
    let story = Story::new(text);
    let (from, to) = (example::start(), example::start() + TimeDelta::hours(2));
    let signals = (0..story.signals.len()).collect();
    let cascade =
        Cascade { headline: String::new(), first: vec![0], signals, from, to, end: End::Unknown, affected: Vec::new() };
    of_all((&story.topology, &story.signals), (&[cascade], &[]), &[])
}

/// Each as `attribute=value failing/of healthy/of`, with `?` where it may be chance.
fn told(text: &str) -> Vec<String> {
    found(text).iter().map(line).collect()
}

fn line(one: &Common) -> String {
    let doubt = if one.is_proven { "" } else { "?" };
    let (attribute, value, failing, healthy) = (&one.attribute, &one.value, one.failing, one.healthy);
    format!("{attribute}={value} {}/{} {}/{}{doubt}", failing.0, failing.1, healthy.0, healthy.1)
}

fn pod(number: usize, node: &str, more: &str) -> String {
    format!("{{pod: Pod/shop/a-{number}, node: {node}, owner: StatefulSet/shop/a, {more}}}")
}

fn story(pods: &[String], rest: &str, signals: &[String]) -> String {
    format!("{{given: {{pods: [{}]{rest}}}, signals: [{}]}}", pods.join(", "), signals.join(", "))
}

/// Four pods of one node are taken from it, and five of another are well.
fn of_nodes() -> (Vec<String>, Vec<String>) {
    let node = |number| if number < 5 { "node-1" } else { "node-2" };
    let pods = (1..10).map(|number| pod(number, node(number), "arrived: 0s")).collect();
    let evicted =
        (1..5).map(|number| format!("{{at: 360s, signal: TaintManagerEviction, subject: Pod/shop/a-{number}}}"));
    let lost = "{at: 60s, signal: NodeNotReady, subject: Node/node-1, goes_on: true}".to_owned();
    (pods, std::iter::once(lost).chain(evicted).collect())
}

#[test]
fn pods_of_one_node_fail_and_those_of_another_do_not() {
    let (pods, signals) = of_nodes();
    let said = found(&story(&pods, "", &signals));
    assert_eq!(said.iter().map(line).collect::<Vec<_>>(), ["node=node-1 4/4 0/5"]);
    // One of 126 ways to choose four of nine, asked twice: of the workload and of the namespace.
    assert_eq!(said[0].p, "0.02");
    assert!(
        said[0].statement.starts_with("4 of 4 failing pods were on node-1, and 0 of 5 others of the same workload")
    );
    assert!(!said[0].evidence.is_empty());
}

#[test]
fn nothing_is_common_where_all_failed_or_all_share_it_or_none_does() {
    let (pods, signals) = of_nodes();
    assert_eq!(told(&story(&pods[..4], "", &signals)), [""; 0], "everything failed");
    let on_one: Vec<String> = pods.iter().map(|one| one.replace("node-2", "node-1")).collect();
    assert_eq!(told(&story(&on_one, "", &signals)), [""; 0], "all pods of the cluster are on one node");
    let mixed: Vec<String> =
        (1..10).map(|number| pod(number, ["node-1", "node-2"][number % 2], "arrived: 0s")).collect();
    assert_eq!(told(&story(&mixed, "", &signals)), [""; 0], "as many of either node");
}

#[test]
fn few_cases_are_told_as_few_and_one_alone_not_at_all() {
    let (pods, signals) = of_nodes();
    let few = [&pods[..2], &pods[4..6]].concat();
    let said = found(&story(&few, "", &signals[..3]));
    assert_eq!(said.iter().map(line).collect::<Vec<_>>(), ["node=node-1 2/2 0/2?"]);
    assert!(said[0].statement.contains("so few cases prove nothing"), "{}", said[0].statement);
    assert_eq!(told(&story(&[&pods[..1], &pods[4..5]].concat(), "", &signals[..2])), [""; 0]);
}

#[test]
fn the_order_in_which_things_are_read_changes_nothing() {
    let (mut pods, mut signals) = of_nodes();
    let forward = found(&story(&pods, "", &signals));
    pods.reverse();
    signals.reverse();
    let backward = found(&story(&pods, "", &signals));
    let told = |all: &[Common]| -> Vec<(String, String)> {
        all.iter().map(|one| (one.statement.clone(), one.p.clone())).collect()
    };
    assert_eq!(told(&forward), told(&backward));
}

#[test]
fn each_question_allows_for_the_tests_of_all() {
    let (pods, signals) = of_nodes();
    let alone = found(&story(&pods, "", &signals));
    // A second trouble, of another namespace, in which two that wait could be told apart from three.
    let other = (1..6).map(|number| match number {
        1 | 2 => format!("{{pod: Pod/pay/b-{number}, owner: StatefulSet/pay/b, spec: {{nodeSelector: {{pool: x}}}}}}"),
        _ => format!("{{pod: Pod/pay/b-{number}, node: node-4, owner: StatefulSet/pay/b, arrived: 0s}}"),
    });
    let waiting = (1..3).map(|number| format!("{{at: 360s, signal: FailedScheduling, subject: Pod/pay/b-{number}}}"));
    let pods: Vec<String> = pods.into_iter().chain(other).collect();
    let signals: Vec<String> = signals.into_iter().chain(waiting).collect();
    let both = found(&story(&pods, "", &signals));
    let node = both.iter().find(|one| one.attribute == "node").expect("the first trouble");
    let count = |one: &Common| one.p.parse::<f64>().expect("a number");
    assert!(count(node) > count(&alone[0]), "{} {}", node.p, alone[0].p);
}

#[test]
fn who_was_replaced_meanwhile_or_served_at_once_is_no_measure() {
    // Two wait for long; one waits while others make room for it; one was ended, and made anew as one that waits.
    let pods = [
        "{pod: Pod/shop/a-1, owner: ReplicaSet/shop/a, spec: {nodeSelector: {pool: apps}}}",
        "{pod: Pod/shop/a-2, owner: ReplicaSet/shop/a, arrived: 900s, node: node-1, spec: {nodeSelector: {pool: apps}}}",
        "{pod: Pod/shop/b-1, owner: ReplicaSet/shop/b, arrived: 63s, node: node-2, spec: {}}",
        "{pod: Pod/shop/c-1, owner: ReplicaSet/shop/c, arrived: 0s, node: node-2, spec: {}}",
    ];
    let pods: Vec<String> = pods.iter().map(|one| (*one).to_owned()).collect();
    let waits = |pod: &str| format!("{{at: 61s, signal: FailedScheduling, subject: Pod/shop/{pod}, until: 62s}}");
    let signals = ["a-1", "a-2", "b-1"].map(waits);
    assert_eq!(told(&story(&pods, "", &signals)), ["node label pool=apps 2/2 0/1?"], "b-1 had come by no onset");
    let early = pods.iter().map(|one| one.replace("arrived: 63s", "arrived: 61s")).collect::<Vec<_>>();
    assert_eq!(told(&story(&early, "", &signals)), ["node label pool=apps 2/2 0/2?"], "b-1 was served");
}

#[test]
fn of_one_that_was_replaced_the_one_in_its_place_is_asked() {
    let mut pods: Vec<String> = (1..3)
        .map(|number| {
            format!("{{pod: Pod/shop/a-{number}, owner: ReplicaSet/shop/a, spec: {{nodeSelector: {{pool: apps}}}}}}")
        })
        .collect();
    pods.push("{pod: Pod/shop/c-1, owner: ReplicaSet/shop/c, arrived: 0s, node: node-2, spec: {}}".to_owned());
    pods.push(
        "{pod: Pod/shop/a-3, owner: ReplicaSet/shop/a, arrived: 55s, stopping: 62s, node: node-2, spec: {}}".to_owned(),
    );
    let waits =
        |number: usize, at: &str| format!("{{at: {at}, signal: FailedScheduling, subject: Pod/shop/a-{number}}}");
    let signals = [waits(1, "61s"), waits(2, "63s")];
    let beside = |pods: &[String]| -> String {
        let said = found(&story(pods, "", &signals));
        said.into_iter().map(|one| one.statement).collect()
    };
    assert!(beside(&pods).contains("of 1 others of the same workload"), "{}", beside(&pods));
    pods.push("{pod: Pod/shop/a-4, owner: ReplicaSet/shop/a, arrived: 64s, node: node-2, spec: {}}".to_owned());
    assert!(beside(&pods).contains("of 1 others of the namespace"), "{}", beside(&pods));
}

#[test]
fn one_key_of_a_secret_is_told_apart_from_another_that_healthy_ones_read() {
    let reads = |key: &str| {
        format!(
            "arrived: 0s, spec: {{containers: [{{name: app, env: [{{name: P, valueFrom: {{secretKeyRef: {{name: db, key: {key}}}}}}}]}}]}}"
        )
    };
    let pods: Vec<String> =
        (1..10).map(|number| pod(number, "node-1", &reads(if number < 5 { "password" } else { "token" }))).collect();
    let signals: Vec<String> = (1..5)
        .map(|number| format!("{{at: 60s, signal: CreateContainerConfigError, subject: Pod/shop/a-{number}}}"))
        .collect();
    let said = found(&story(&pods, "", &signals));
    assert_eq!(said.iter().map(line).collect::<Vec<_>>(), ["config=Secret/shop/db 4/4 0/5"]);
    assert_eq!(said[0].key.as_deref(), Some("password"));
    // Whoever reads the whole Secret reads that key too.
    let whole = "arrived: 0s, spec: {containers: [{name: app, envFrom: [{secretRef: {name: db}}]}]}";
    let pods: Vec<String> = (1..10)
        .map(|number| if number < 5 { pods[number - 1].clone() } else { pod(number, "node-1", whole) })
        .collect();
    assert_eq!(told(&story(&pods, "", &signals)), [""; 0]);
}

#[test]
fn pods_that_came_after_a_change_fail_and_older_ones_do_not() {
    let came = |number| if number < 5 { "arrived: 10m" } else { "arrived: 0s" };
    let pods: Vec<String> = (1..10).map(|number| pod(number, "node-1", came(number))).collect();
    let change = "{at: 5m, signal: ConfigChanged, subject: ConfigMap/shop/a}".to_owned();
    let crashes = (1..5).map(|number| format!("{{at: 11m, signal: CrashLoopBackOff, subject: Pod/shop/a-{number}}}"));
    let signals: Vec<String> = std::iter::once(change).chain(crashes).collect();
    let said = found(&story(&pods, "", &signals));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].is_proven && said[0].statement.contains("came after the change of ConfigMap/shop/a at"),
        "{said:?}"
    );
    let all_old: Vec<String> = pods.iter().map(|one| one.replace("10m", "0s")).collect();
    assert_eq!(told(&story(&all_old, "", &signals)), [""; 0]);
}

#[test]
fn one_container_of_each_pod_fails_and_its_neighbour_does_not() {
    let both = "arrived: 0s, spec: {containers: [{name: app, image: a}, {name: proxy, image: p}]}";
    let pods: Vec<String> = (1..5).map(|number| pod(number, "node-1", both)).collect();
    let crash = |number: usize, container: &str| {
        format!(
            "{{at: 60s, signal: CrashLoopBackOff, subject: Pod/shop/a-{number}, labels: {{container: {container}}}}}"
        )
    };
    let proxies: Vec<String> = (1..5).map(|number| crash(number, "proxy")).collect();
    assert_eq!(told(&story(&pods, "", &proxies)), ["container=proxy 4/4 0/4"]);
    let either: Vec<String> = (1..5).map(|number| crash(number, ["app", "proxy"][number % 2])).collect();
    assert_eq!(told(&story(&pods, "", &either)), [""; 0]);
}

#[test]
fn nodes_of_one_pool_fail_and_others_do_not() {
    let machine = |number: usize, pool: &str| format!("node-{number}: {{labels: {{pool: {pool}}}, version: v1.34.0}}");
    let pools = |of: fn(usize) -> &'static str| {
        let machines: Vec<String> = (1..10).map(|number| machine(number, of(number))).collect();
        format!(", machines: {{{}}}", machines.join(", "))
    };
    let lost: Vec<String> = (1..5)
        .map(|number| format!("{{at: 60s, signal: NodeNotReady, subject: Node/node-{number}, goes_on: true}}"))
        .collect();
    let old = pools(|number| if number < 5 { "old" } else { "new" });
    let said = found(&story(&[], &old, &lost));
    assert_eq!(said.iter().map(line).collect::<Vec<_>>(), ["node label pool=old 4/4 0/5"]);
    assert!(said[0].statement.starts_with("4 of 4 nodes in trouble "), "{}", said[0].statement);
    assert_eq!(told(&story(&[], &pools(|_| "one"), &lost)), [""; 0], "all are of one pool");
    assert_eq!(told(&story(&[], &pools(|number| ["old", "new"][number % 2]), &lost)), [""; 0]);
}

/// A run each hour for some days, those of which failed that began at one of these hours.
fn runs(hours: &[u32], days: i64) -> Vec<JoinedRun> {
    let all = (0..days * 24).map(|hour| {
        let to = example::start() + TimeDelta::hours(hour);
        let outcome = if hours.contains(&to.hour()) { CheckOutcome::Failed } else { CheckOutcome::Passed };
        let run = CheckRun {
            from: None,
            to,
            outcome,
            what: "login".to_owned(),
            namespace: None,
            release: None,
            error: String::new(),
            citation: Citation::default(),
        };
        JoinedRun {
            run,
            check: "login".to_owned(),
            began: None,
            pods: 0,
            waited: Vec::new(),
            waited_count: 0,
            node: None,
        }
    });
    all.collect()
}

#[test]
fn runs_of_a_check_fail_at_one_hour_of_the_day() {
    let of = |runs: &[JoinedRun]| -> Vec<String> {
        let story = Story::new("{signals: []}");
        of_all((&story.topology, &story.signals), (&[], &[]), &[runs]).iter().map(line).collect()
    };
    assert_eq!(of(&runs(&[3], 4)), ["hour of day=03:00 UTC 4/4 0/92"]);
    assert_eq!(of(&runs(&[3, 15], 4)), [""; 0], "as many fail at another");
    assert_eq!(of(&runs(&[3], 1)), [""; 0], "of one day an hour tells nothing");
}

#[test]
fn who_started_on_a_node_before_was_not_to_start_there_any_more() {
    // Two that stand on the node since long are well; two that came to it since do not start, and one elsewhere does.
    let old = (1..3).map(|number| pod(number, "node-1", "arrived: 0s, ready: 5s"));
    let new = (3..5).map(|number| pod(number, "node-1", "arrived: 30m, unready: 30m"));
    let elsewhere = std::iter::once(pod(5, "node-2", "arrived: 1801s, ready: 1803s"));
    let pods: Vec<String> = old.chain(new).chain(elsewhere).collect();
    let failed = |number| format!("{{at: 1802s, signal: FailedCreatePodSandBox, subject: Pod/shop/a-{number}}}");
    let said = found(&story(&pods, "", &[failed(3), failed(4)]));
    assert_eq!(said.iter().map(line).collect::<Vec<_>>(), ["node=node-1 2/2 0/3?"]);
    let begin = crate::model::rfc3339(example::start() + TimeDelta::minutes(30));
    assert!(
        said[0].statement.starts_with(&format!("2 of 2 failing pods came to node-1 since {begin}, and 0 of 3 others")),
        "{}",
        said[0].statement
    );
    // Those that ran before they failed are compared with all that stand there.
    let killed = |number| format!("{{at: 1802s, signal: OOMKilled, subject: Pod/shop/a-{number}}}");
    let ran = [
        pods[0].clone(),
        pods[1].clone(),
        pod(3, "node-1", "arrived: 1s, ready: 6s"),
        pod(5, "node-2", "arrived: 1s, ready: 6s"),
    ];
    assert!(told(&story(&ran, "", &[killed(3)])).iter().all(|line| !line.starts_with("node=")));
}

/// A pod of each of three workloads fails alike on new nodes, and others of them are well on old ones.
#[test]
fn what_failed_alike_in_several_workloads_is_compared_for_all_of_them() {
    let pods = ["a", "b", "c"].map(|name| {
        let of = |at: &str, node: &str| {
            format!("{{pod: Pod/shop/{name}-{at}, node: {node}, owner: ReplicaSet/shop/{name}, arrived: 0s}}")
        };
        [of("new", "node-2"), of("old", "node-1")].join(", ")
    });
    let fails = |code: u32| {
        let of = |(at, name): (usize, &str)| {
            let code = if at == 2 { code } else { 255 };
            format!(
                "{{at: {at}s, signal: InitContainerFailed, subject: Pod/shop/{name}-new, labels: {{container: init, exit_code: '{code}'}}}}"
            )
        };
        let signals: Vec<String> = ["a", "b", "c"].into_iter().enumerate().map(of).collect();
        let story = Story::new(&story(&pods, "", &signals));
        let cascade = |index: usize| Cascade {
            headline: String::new(),
            first: vec![index],
            signals: vec![index],
            from: example::start(),
            to: example::start() + TimeDelta::hours(2),
            end: End::Unknown,
            affected: Vec::new(),
        };
        let cascades: Vec<Cascade> = (0..3).map(cascade).collect();
        of_all((&story.topology, &story.signals), (&cascades, &[]), &[]).iter().map(line).collect::<Vec<_>>()
    };
    assert!(fails(255).contains(&"node=node-2 3/3 0/3?".to_owned()), "{:?}", fails(255));
    assert!(!fails(1).contains(&"node=node-2 3/3 0/3?".to_owned()), "another failure");
}

#[test]
fn a_version_that_only_the_nodes_of_the_failing_have_is_a_factor() {
    let (pods, signals) = of_nodes();
    let factors = |other: &str| {
        let machines = format!(", machines: {{node-1: {{version: v1.22.4}}, node-2: {{version: {other}}}}}");
        let text = story(&pods, &machines, &signals);
        let found = found(&text);
        let story = Story::new(&text);
        crate::cascade::factors_of_common(&story.topology, &found)
            .into_iter()
            .map(|one| one.statement)
            .collect::<Vec<_>>()
    };
    assert_eq!(factors("v1.21.7"), ["Node/node-1 has kubeletVersion v1.22.4, where others have v1.21.7"]);
    assert!(factors("v1.22.4").is_empty(), "all have the same");
}

/// Ingresses, each with its annotation, of which the first so many are in trouble.
fn of_ingresses(groups: &[&str], failing: usize) -> Vec<String> {
    let names = || (0..groups.len()).map(|number| format!("Ingress/shop/web-{number}"));
    let objects =
        names().zip(groups).map(|(name, group)| format!("{name}: {{namespace: shop, annotation group: {group}}}"));
    let objects: Vec<String> = objects.collect();
    let bad = names().take(failing).map(|name| format!("{{at: 60s, signal: SyncLoadBalancerFailed, subject: {name}}}"));
    let bad: Vec<String> = bad.collect();
    told(&format!("{{given: {{objects: {{{}}}}}, signals: [{}]}}", objects.join(", "), bad.join(", ")))
}

#[test]
fn objects_of_another_kind_are_compared_with_others_of_theirs() {
    assert_eq!(of_ingresses(&["public", "public", "public", "inner"], 3), ["annotation group=public 3/3 0/1?"]);
    let many = ["public", "public", "public", "public", "inner", "inner", "inner", "inner"];
    assert_eq!(of_ingresses(&many, 4), ["annotation group=public 4/4 0/4"]);
    // What one of two has, or all have, tells nothing.
    assert!(of_ingresses(&["public", "public", "inner"], 2).is_empty());
    assert!(of_ingresses(&["public", "public", "public", "public"], 2).is_empty());
    assert!(of_ingresses(&["public", "inner", "inner", "inner"], 1).is_empty());
}

#[test]
fn of_what_objects_share_whom_they_name_is_told_first() {
    let scaler = |number: usize, target: &str, least: u8| {
        format!(
            "HorizontalPodAutoscaler/shop/s-{number}: {{spec.minReplicas: '{least}', spec.scaleTargetRef.name: {target}}}"
        )
    };
    let all = [scaler(0, "web", 3), scaler(1, "web", 3), scaler(2, "cart", 2), scaler(3, "search", 2)].join(", ");
    let bad =
        |number| format!("{{at: 60s, signal: AmbiguousSelector, subject: HorizontalPodAutoscaler/shop/s-{number}}}");
    let said = told(&format!("{{given: {{objects: {{{all}}}}}, signals: [{}, {}]}}", bad(0), bad(1)));
    assert_eq!(said, ["spec.scaleTargetRef.name=web 2/2 0/2?"]);
}

#[test]
fn that_all_who_failed_are_of_one_workload_is_no_news() {
    let of = |medium: &str| {
        let pod = |number: usize, owner: &str, spec: &str| {
            format!(
                "{{pod: Pod/shop/{owner}-{number}, node: n-{number}, owner: StatefulSet/shop/{owner}, arrived: 0s, spec: {{volumes: [{{name: scratch, emptyDir: {{{spec}}}}}]}}}}"
            )
        };
        let pods = (0..3).map(|number| pod(number, "a", medium)).chain((0..3).map(|number| pod(number, "b", "")));
        let killed = (0..3).map(|number| format!("{{at: 60s, signal: OOMKilled, subject: Pod/shop/a-{number}}}"));
        told(&story(&pods.collect::<Vec<_>>(), "", &killed.collect::<Vec<_>>()))
    };
    assert!(of("").is_empty());
    // That their scratch is memory may be why they were killed.
    assert_eq!(of("medium: Memory"), ["emptyDir medium of the volume scratch=Memory 3/3 0/3?"]);
}
