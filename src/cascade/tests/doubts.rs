//! What speaks against a link, which causes a link would rather pick, and what is told by way of others.

use super::super::connect;
use super::super::graph;
use super::super::link::Links;
use super::Story;

/// A link of these ends, with what is said of it beside.
fn link(text: &str) -> Links {
    let head = "links: [{id: l, relation: same-subject, lag: [0s, 1h], grade: mechanism, source: s, why: it did";
    let text = format!("{head}, {text}, examples: {{matches: [], near_misses: []}}}}]");
    let story = Story::new("{signals: []}");
    let mut links = Links::built_in(story.catalogue).expect("the built-in links");
    links.links.clear();
    links.add(&[("test", &text)], story.catalogue).expect("a link that makes sense");
    links
}

const ENDS: &str = "from: [MemoryPressure], to: [RemovingNode]";

/// Each edge of a link as `cause > effect: grade, why`, by their places.
fn edges(links: &Links, story: &Story) -> Vec<String> {
    let found = connect::edges(&links.links, &story.scene());
    found.iter().map(|edge| format!("{} > {}: {}, {}", edge.from, edge.to, edge.grade.name(), edge.why)).collect()
}

#[test]
fn what_speaks_against_a_link_forbids_it_or_makes_it_less_sure() {
    let story = Story::new(
        "{signals: [
          {at: 0s, signal: MemoryPressure, subject: Node/node-1},
          {at: 0s, signal: MemoryPressure, subject: Node/node-2},
          {at: 30s, signal: ScaleDown, subject: Node/node-1},
          {at: 1m, signal: RemovingNode, subject: Node/node-1},
          {at: 1m, signal: RemovingNode, subject: Node/node-2}]}",
    );
    let against = |then: &str, within: &str, since: &str| {
        let rule = format!(
            "{{signals: [ScaleDown], relation: same-subject, within: {within}, since: {since}, then: {then}, why: 'it was to go'}}"
        );
        edges(&link(&format!("{ENDS}, against: [{rule}]")), &story)
    };
    let other = "1 > 4: mechanism, it did".to_owned();
    let sure = "0 > 3: mechanism, it did".to_owned();
    assert_eq!(against("no-edge", "[0s, 1h]", "ever"), [other.as_str()]);
    assert_eq!(
        against("less-sure", "[0s, 1h]", "ever"),
        ["0 > 3: known, it did, though it was to go".to_owned(), other.clone()]
    );
    assert_eq!(against("no-edge", "[0s, 10s]", "ever"), [sure.clone(), other.clone()], "it came too early");
    assert_eq!(against("no-edge", "[-1h, 10s]", "ever"), [sure.clone(), other.clone()], "nor did it come later");
    assert_eq!(against("no-edge", "[0s, 1h]", "cause"), [other.as_str()], "it came after the cause");
}

#[test]
fn a_cause_that_recurs_may_be_recorded_only_within_what_it_leads_to() {
    let story = Story::new(
        "{signals: [
          {at: 0s, signal: RemovingNode, subject: Node/node-1, goes_on: true},
          {at: 0s, signal: RemovingNode, subject: Node/node-2, until: 10m},
          {at: 50m, signal: MemoryPressure, subject: Node/node-1},
          {at: 50m, signal: MemoryPressure, subject: Node/node-2}]}",
    );
    assert_eq!(edges(&link(&format!("{ENDS}, recurs: true")), &story), ["2 > 0: known, it did"], "the other was over");
    assert_eq!(edges(&link(ENDS), &story), Vec::<String>::new());
    let told = connect::told(&link(&format!("{ENDS}, recurs: true")).links, &story.scene());
    assert!(told.is_empty(), "nothing led to it, so it is no beginning of what had begun before");
}

#[test]
fn an_effect_that_recurs_may_have_been_when_its_container_was_first_held_back() {
    let story = Story::new(
        "{signals: [
          {at: 0s, signal: ProxyNotReady, subject: Pod/shop/a-1},
          {at: 0s, signal: ProxyNotReady, subject: Pod/shop/b-1},
          {at: 10m, signal: CrashLoopBackOff, subject: Pod/shop/a-1, goes_on: true, labels: {container: app}},
          {at: 10m, signal: CrashLoopBackOff, subject: Pod/shop/b-1, goes_on: true, labels: {container: other}},
          {at: 5h, signal: ContainerTerminated, subject: Pod/shop/a-1, labels: {container: app}},
          {at: 5h, signal: ContainerTerminated, subject: Pod/shop/b-1, labels: {container: app}}]}",
    );
    let ends = "from: [ProxyNotReady], to: [ContainerTerminated]";
    assert_eq!(edges(&link(&format!("{ends}, recurs: effect")), &story), ["0 > 4: mechanism, it did"]);
    assert_eq!(edges(&link(ends), &story), Vec::<String>::new(), "each is hours after");
}

#[test]
fn what_speaks_against_an_edge_is_cited_by_it() {
    let story = Story::new(
        "{signals: [
          {at: 0s, signal: MemoryPressure, subject: Node/node-1},
          {at: 30s, signal: ScaleDown, subject: Node/node-1},
          {at: 1m, signal: RemovingNode, subject: Node/node-1}]}",
    );
    let rule = "{signals: [ScaleDown], relation: same-subject, within: [0s, 1h], then: less-sure, why: 'it was to go'}";
    let links = link(&format!("{ENDS}, against: [{rule}]"));
    let found = connect::edges(&links.links, &story.scene());
    let edge = found.first().expect("an edge");
    assert_eq!(edge.against.iter().map(|doubt| doubt.signal).collect::<Vec<_>>(), [1]);
    assert!(edge.evidence.contains(&story.signals[1].evidence[0]), "{edge:?}");
}

#[test]
fn a_link_may_rather_pick_what_came_before_what_lasted_or_what_was_first() {
    let before = Story::new(
        "{given: {pods: [{pod: Pod/ci/a-1, owner: Job/ci/a}, {pod: Pod/ci/a-2, owner: Job/ci/a}]}, signals: [
          {at: 0s, signal: PodFailed, subject: Pod/ci/a-1}, {at: 10s, signal: PodFailed, subject: Pod/ci/a-2},
          {at: 10s, signal: BackoffLimitExceeded, subject: Job/ci/a}]}",
    );
    assert_eq!(
        before.edges(),
        ["PodFailed > BackoffLimitExceeded: failed-pods-exhaust-job (known)"],
        "what failed in the same moment may as well have been ended by the Job's failure"
    );
    let lasting = |until: &str| {
        let story = Story::new(&format!(
            "{{signals: [
              {{at: 0s, signal: MemoryPressure, subject: Node/node-1, until: 10m}},
              {{at: 30s, signal: NodeNotSchedulable, subject: Node/node-1, until: {until}}},
              {{at: 1m, signal: FailedScheduling, subject: Pod/shop/a-1, until: 10m, labels: {{obstacle: '1 node(s) had untolerated taint {{node.kubernetes.io/memory-pressure: }}, 1 node(s) were unschedulable'}}}}]}}"
        ));
        story.edges().into_iter().filter(|edge| edge.contains("> FailedScheduling")).collect::<Vec<_>>()
    };
    let of = |signal: &str| [format!("{signal} > FailedScheduling: pressure-leaves-pending (known)")];
    assert_eq!(lasting("65s"), of("MemoryPressure"), "the cordon was over long before the pod was placed");
    assert_eq!(lasting("10m"), of("NodeNotSchedulable"), "of two that lasted the nearer one");
    let first = Story::new(
        "{signals: [
          {at: 0s, signal: NodeStatusUpdateFailed, subject: Node/node-1},
          {at: 5s, signal: NodeLeaseNotRenewed, subject: Node/node-1},
          {at: 50s, signal: NodeNotReady, subject: Node/node-1}]}",
    );
    assert_eq!(first.edges(), ["NodeStatusUpdateFailed > NodeNotReady: unrenewed-lease-marks-node (mechanism)"]);
}

#[test]
fn an_edge_that_two_others_tell_goes_unless_it_is_the_surer() {
    let story = Story::new(
        "{given: {pods: [
           {pod: Pod/shop/a-1, node: node-1, owner: ReplicaSet/shop/a, arrived: 0s},
           {pod: Pod/shop/a-2, owner: ReplicaSet/shop/a, arrived: 90s}]}, signals: [
          {at: 30s, signal: NodeNotReady, subject: Node/node-1, until: 10m},
          {at: 90s, signal: TaintManagerEviction, subject: Pod/shop/a-1},
          {at: 90s, signal: FailedScheduling, subject: Pod/shop/a-2, until: 10m, labels: {obstacle: '1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }'}}]}",
    );
    let all = connect::edges(&story.links.links, &story.scene());
    let ends = |edges: &[super::super::Edge]| edges.iter().map(|edge| (edge.from, edge.to)).collect::<Vec<_>>();
    assert_eq!(ends(&all), [(0, 1), (0, 2), (1, 2)]);
    assert_eq!(ends(&graph::without_shortcuts(all.clone())), [(0, 1), (1, 2)]);
    let mut surer = all;
    surer[1].grade = super::super::Grade::Mechanism;
    assert_eq!(ends(&graph::without_shortcuts(surer)), [(0, 1), (0, 2), (1, 2)]);
}

#[test]
fn a_node_that_is_back_belongs_to_what_it_ends_and_begins_nothing() {
    let story = Story::new(
        "{given: {pods: [{pod: Pod/shop/a-1, node: node-1}]}, signals: [
          {at: 0s, signal: FailedScheduling, subject: Pod/shop/a-1, until: 2m, labels: {obstacle: '1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }'}},
          {at: 0s, signal: NodeNotReady, subject: Node/node-1, until: 2m},
          {at: 2m, signal: NodeReady, subject: Node/node-1},
          {at: 2m, signal: Scheduled, subject: Pod/shop/a-1},
          {at: 1h, signal: NodeReady, subject: Node/node-1}]}",
    );
    let analysis = story.analysis();
    let cascade = analysis.cascades.first().expect("a cascade");
    assert_eq!((cascade.signals.as_slice(), cascade.first.as_slice()), (&[0, 1, 2, 3][..], &[1][..]));
    let back: Vec<&str> =
        analysis.factors.iter().filter(|one| one.id == "node-back").map(|one| one.statement.as_str()).collect();
    assert_eq!(back.len(), 1, "an hour later nothing of it ended: {back:?}");
}
