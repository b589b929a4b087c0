//! Which cause a link picks.

use super::super::connect::{self, tests::by_pairs};
use super::super::demand::Kill;
use super::super::link::example::start;
use super::Story;
use crate::evidence::Clocks;
use crate::model::{Citation, Clock, End, Moment, Subject};
use crate::signals::Signal;
use chrono::TimeDelta;
use proptest::prelude::*;

#[test]
fn a_victim_is_named_by_any_record_of_a_signal() {
    let mut story = Story::new(
        "{given: {pods: [{pod: Pod/shop/a-1, node: node-1, uid: u-1}, {pod: Pod/shop/b-1, node: node-1, uid: u-2}]}, signals: [
          {at: 0s, signal: OOMKill, subject: Node/node-1, labels: {scope: node, victim_uid: u_1}},
          {at: 1s, signal: OOMKill, subject: Node/node-1, labels: {scope: node}},
          {at: 2s, signal: OOMKilled, subject: Pod/shop/a-1}, {at: 2s, signal: OOMKilled, subject: Pod/shop/b-1}]}",
    );
    assert_eq!(
        story.edges(),
        [
            "OOMKill > OOMKilled: oom-kill-ends-container (mechanism)",
            "OOMKill > OOMKilled: oom-kill-ends-container (known)",
        ],
        "the first names its own victim although the second is nearer; nothing names the other"
    );
    let record = Citation { line: 7, ..Citation::default() };
    let first = story.signals.first_mut().expect("a signal");
    first.evidence.push(record);
    story.kills = vec![Kill {
        node: "node-1".to_owned(),
        at: start(),
        citation: record,
        victim_uid: Some("u-2".to_owned()),
        asker: None,
    }];
    let edges = story.analysis().edges;
    let named = edges.iter().find(|edge| edge.to == 3).expect("an edge to the second victim");
    assert_eq!((named.from, named.grade.name()), (0, "mechanism"));
    assert_eq!(named.evidence.first(), Some(&record), "the record that names it comes first");
}

#[test]
fn what_another_asked_for_is_not_the_arrivals_doing() {
    let story = |usage: &str| {
        Story::new(&format!(
            "{{given: {{pods: [
               {{pod: Pod/shop/a-1, node: node-1, owner: StatefulSet/shop/a, arrived: 0s, gone: 5m}},
               {{pod: Pod/shop/a-2, node: node-2, owner: StatefulSet/shop/a, arrived: 5m}},
               {{pod: Pod/shop/b-1, node: node-2, owner: StatefulSet/shop/b, arrived: 0s}}]}}, signals: [
               {{at: 5m, signal: Scheduled, subject: Pod/shop/a-2}},
               {{at: 310s, signal: EvictionThresholdMet, subject: Node/node-2}},
               {{at: 311s, signal: Evicted, subject: Pod/shop/b-1, labels: {{resource: memory, usage: {usage}}}}}]}}"
        ))
    };
    let arrived = "Scheduled > EvictionThresholdMet: arrival-crosses-threshold (known)".to_owned();
    assert!(story("1Mi").edges().contains(&arrived), "one that used little was evicted for its rank");
    assert!(!story("2Gi").edges().contains(&arrived), "that one had asked for it");
}

#[test]
fn what_a_program_says_stands_between_a_rollout_and_its_end_and_before_no_other_cause() {
    let story = |first: &str| {
        Story::new(&format!(
            "{{given: {{pods: [{{pod: Pod/shop/a-1, node: node-1, owner: ReplicaSet/shop/a-5, arrived: 1s}}],
               workloads: [{{workload: ReplicaSet/shop/a-5, owner: Deployment/shop/a}}]}}, signals: [
               {first},
               {{at: 5s, signal: ErrorInLog, unrecognised: true, subject: Pod/shop/a-1}},
               {{at: 6s, signal: ContainerTerminated, subject: Pod/shop/a-1}},
               {{at: 7s, signal: CrashLoopBackOff, subject: Pod/shop/a-1}}]}}"
        ))
    };
    let said = "ErrorInLog > ContainerTerminated: last-error-line-before-the-end (known)".to_owned();
    let rollout = story("{at: 0s, signal: ScalingReplicaSet, subject: Deployment/shop/a, labels: {replicaset: a-5}}");
    assert!(rollout.edges().contains(&said), "{:?}", rollout.edges());
    let killed = story("{at: 5s, signal: Killing, subject: Pod/shop/a-1}");
    assert!(!killed.edges().contains(&said), "{:?}", killed.edges());
}

#[test]
fn of_two_that_run_as_one_account_only_the_time_says_who_wrote() {
    let story = |arrived: &str| {
        Story::new(&format!(
            "{{given: {{pods: [
               {{pod: Pod/ci/clean-1-a, owner: Job/ci/clean-1, arrived: 0s, spec: {{serviceAccountName: cleaner, containers: []}}}},
               {{pod: Pod/ci/janitor-a, owner: ReplicaSet/ci/janitor, arrived: {arrived}, spec: {{serviceAccountName: cleaner, containers: []}}}},
               {{pod: Pod/shop/cart-1, owner: ReplicaSet/shop/cart-5, arrived: 0s}}],
               workloads: [{{workload: ReplicaSet/shop/cart-5, owner: Deployment/shop/cart}}]}}, signals: [
               {{at: 0s, signal: SuccessfulCreate, subject: Job/ci/clean-1}},
               {{at: 5s, signal: ObjectDeleted, subject: Deployment/shop/cart, labels: {{gone: deleted, what: 'was deleted, by ServiceAccount ci/cleaner'}}}},
               {{at: 6s, signal: Killing(stopping), subject: Pod/shop/cart-1}}, {{at: 7s, signal: NoReadyEndpoints, subject: Endpoints/shop/cart}}]}}"
        ))
    };
    let grades = |story: Story| {
        let edges = connect::edges(&story.links.links, &story.scene());
        let of = edges.into_iter().filter(|edge| edge.link == "job-writes-as-its-account");
        of.map(|edge| edge.grade.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(grades(story("10m")), ["known"]);
    assert_eq!(grades(story("0s")), ["order"], "the other ran then as well");
}

#[test]
fn of_a_group_the_first_link_that_finds_a_cause_is_taken() {
    let story = Story::new(
        "{given: {pods: [{pod: Pod/shop/a-1, node: node-1}]}, signals: [
          {at: 0s, signal: EvictionThresholdMet, subject: Node/node-1},
          {at: 1s, signal: ContainerTerminated, subject: Pod/shop/a-1},
          {at: 2s, signal: Unhealthy(readiness), subject: Pod/shop/a-1}]}",
    );
    assert_eq!(story.edges(), ["ContainerTerminated > Unhealthy(readiness): restart-fails-readiness (known)"]);
}

#[test]
fn a_cause_that_lasts_acts_until_its_end() {
    let story = |more: &str| {
        Story::new(&format!(
            "{{given: {{pods: [{{pod: Pod/shop/a-1, node: node-1}}]}}, signals: [
               {{at: 0s, signal: MemoryPressure, subject: Node/node-1, {more}}},
               {{at: 2h, signal: Evicted(admission), subject: Pod/shop/a-1}}]}}"
        ))
    };
    assert_eq!(story("until: 118m").edges().len(), 1);
    assert_eq!(story("goes_on: true").edges().len(), 1);
    assert!(story("until: 1h").edges().is_empty());
}

#[test]
fn records_in_the_wrong_order_are_no_mechanism() {
    let story = |more: &str| {
        Story::new(&format!(
            "{{given: {{pods: [{{pod: Pod/shop/a-1, node: node-1}}]}}, signals: [
               {{at: 0s, signal: Evicted(admission), subject: Pod/shop/a-1}},
               {{at: 8s, signal: MemoryPressure, subject: Node/node-1, {more}}}]}}"
        ))
    };
    assert_eq!(story("earlier: 10s").edges(), ["MemoryPressure > Evicted(admission): pressure-refuses (known)"]);
    assert!(story("earlier: 5s").edges().is_empty(), "it had not begun by then");
}

#[test]
fn a_cause_whose_clock_is_ahead_is_found() {
    let mut story = Story::new(
        "{given: {pods: [{pod: Pod/shop/a-1, node: node-1}]}, signals: [
          {at: 0s, signal: Evicted(admission), subject: Pod/shop/a-1},
          {at: 8s, signal: MemoryPressure, subject: Node/node-1}]}",
    );
    let clocks = [Clock::Node(0), Clock::ApiServer];
    for (signal, clock) in story.signals.iter_mut().rev().zip(clocks) {
        signal.from = signal.from.by(clock);
    }
    assert!(story.edges().is_empty(), "it was recorded later");
    story.clocks = Clocks::given([(Clock::Node(0), 9_000, 10_000), (Clock::ApiServer, 0, 0)]);
    assert_eq!(story.edges(), ["MemoryPressure > Evicted(admission): pressure-refuses (mechanism)"]);
    story.clocks = Clocks::given([(Clock::Node(0), 2_000, 3_000), (Clock::ApiServer, 0, 0)]);
    assert!(story.edges().is_empty(), "by less than that");
}

/// A signal at random: which of the names, on which node or pod, when, how long, how much earlier
/// or later, by whose clock.
fn random() -> impl Strategy<Value = Random> {
    let bounds = (0..90_000_u32, prop_oneof![Just(0_u32), Just(999)], prop_oneof![Just(Clock::Unknown), nodes()]);
    let ends =
        prop_oneof![Just(Lasts::On), (0..600_000_i64).prop_map(Lasts::For), (0..600_000_i64).prop_map(Lasts::SeenFor)];
    (0..20_usize, 0..4_usize, 0..900_000_i64, ends, bounds)
}

type Random = (usize, usize, i64, Lasts, (u32, u32, Clock));

/// How long a signal lasts, in milliseconds.
#[derive(Clone, Copy, Debug)]
enum Lasts {
    On,
    For(i64),
    /// It was seen so long; when it ended is not known.
    SeenFor(i64),
}

fn nodes() -> impl Strategy<Value = Clock> {
    (0..3_u32).prop_map(Clock::Node)
}

fn random_signals(story: &Story, random: Vec<Random>) -> Vec<Signal> {
    let names: Vec<&str> = story.signals.iter().map(|signal| signal.name.as_str()).collect();
    let mut signals = Vec::new();
    for (name, place, at, lasts, (earlier_ms, later_ms, clock)) in random {
        let Some(model) = story.signals.get(name % names.len()) else { continue };
        let from = start() + TimeDelta::milliseconds(at);
        let subject = match model.subject.kind() {
            "Node" => Subject::node(format!("node-{}", place % 2)),
            "Pod" => Subject::pod("shop", format!("a-{place}")),
            _ => model.subject.clone(),
        };
        let own = if subject.is("Node") { Some(subject.name()) } else { story.topology.node_of(&subject) };
        let node = own.map(str::to_owned);
        let (last, end) = match lasts {
            Lasts::On => (from, End::Ongoing),
            Lasts::For(millis) => (from, End::At(from + TimeDelta::milliseconds(millis))),
            Lasts::SeenFor(millis) => (from + TimeDelta::milliseconds(millis), End::Unknown),
        };
        signals.push(Signal {
            from: Moment { time: from, clock, earlier_ms, later_ms },
            last,
            end,
            subject,
            node,
            ..model.clone()
        });
    }
    signals.sort_by_key(|signal| signal.from.time);
    signals
}

const MODELS: &str = "{given: {
  pods: [{pod: Pod/shop/a-0, node: node-0, owner: StatefulSet/shop/a, arrived: 0s, gone: 5m, labels: {app: a}},
         {pod: Pod/shop/a-1, node: node-1, owner: StatefulSet/shop/a, arrived: 1m, labels: {app: a}},
         {pod: Pod/shop/a-2, node: node-0, owner: StatefulSet/shop/b, arrived: 2m, calls: [Service/shop/a]},
         {pod: Pod/shop/a-3, node: node-1, owner: StatefulSet/shop/b, arrived: 8m, calls: [Service/shop/a]}],
  services: [{service: Service/shop/a, selects: {app: a}}]}, signals: [
  {at: 0s, signal: OOMKill, subject: Node/n}, {at: 0s, signal: OOMKilled, subject: Pod/shop/p},
  {at: 0s, signal: EvictionThresholdMet, subject: Node/n}, {at: 0s, signal: MemoryPressure, subject: Node/n},
  {at: 0s, signal: Evicted, subject: Pod/shop/p}, {at: 0s, signal: NodeNotReady, subject: Node/n},
  {at: 0s, signal: NodeNotReady, subject: Pod/shop/p}, {at: 0s, signal: Scheduled, subject: Pod/shop/p},
  {at: 0s, signal: NodeNotSchedulable, subject: Node/n}, {at: 0s, signal: Unhealthy(readiness), subject: Pod/shop/p},
  {at: 0s, signal: NoReadyEndpoints, subject: Endpoints/shop/a}, {at: 0s, signal: Rebooted, subject: Node/n}]}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The search finds what trying every pair finds.
    #[test]
    fn causes_are_those_that_trying_every_pair_finds(random in proptest::collection::vec(random(), 0..40)) {
        let mut story = Story::new(MODELS);
        story.signals = random_signals(&story, random);
        story.clocks = Clocks::given([(Clock::Node(0), 39_000, 40_000), (Clock::Node(1), -100, 100)]);
        let scene = story.scene();
        for link in &story.links.links {
            let found: Vec<(usize, usize)> =
                connect::edges(std::slice::from_ref(link), &scene).iter().map(|edge| (edge.from, edge.to)).collect();
            prop_assert_eq!(found, by_pairs(link, &scene), "{}", link.id);
        }
    }
}
