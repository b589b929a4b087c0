//! From edges to cascades.

use super::super::{Edge, Grade, graph};
use super::Story;
use crate::evidence::Topology;

/// Three nodes in trouble, a second apart; only the edges matter.
fn story() -> Story {
    Story::new(
        "{signals: [{at: 0s, signal: NodeNotReady, subject: Node/n-0}, {at: 1s, signal: NodeNotReady, subject: Node/n-1},
          {at: 2s, signal: NodeNotReady, subject: Node/n-2}, {at: 3s, signal: Scheduled, subject: Pod/shop/a-0}]}",
    )
}

fn edge(from: usize, to: usize, grade: Grade) -> Edge {
    let (link, relation, why) = ("l".to_owned(), "r".to_owned(), String::new());
    Edge {
        from,
        to,
        link,
        relation,
        lag_ms: 1000,
        grade,
        why,
        bridge: false,
        against: Vec::new(),
        evidence: Vec::new(),
    }
}

fn ends(edges: &[Edge]) -> Vec<(usize, usize)> {
    edges.iter().map(|edge| (edge.from, edge.to)).collect()
}

#[test]
fn of_a_cycle_what_leads_forward_and_what_is_surest_stays() {
    let signals = story().signals;
    let known = |from, to| edge(from, to, Grade::Known);
    let kept = graph::without_cycles(&signals, vec![known(0, 1), known(1, 2), known(2, 0)]);
    assert_eq!(ends(&kept), [(0, 1), (1, 2)]);
    // Two backward edges that cannot both stay beside the one forward.
    let edges = vec![known(0, 1), edge(2, 0, Grade::Order), edge(1, 2, Grade::Known), edge(2, 1, Grade::Mechanism)];
    assert_eq!(ends(&graph::without_cycles(&signals, edges)), [(0, 1), (1, 2)]);
    let backward = vec![known(2, 1), known(1, 0)];
    assert_eq!(ends(&graph::without_cycles(&signals, backward)), [(1, 0), (2, 1)], "no cycle, nothing to drop");
}

#[test]
fn what_only_leads_on_goes_when_it_leads_to_nothing() {
    let Story { topology, signals, .. } = &story();
    let bridge = |from, to| Edge { bridge: true, ..edge(from, to, Grade::Known) };
    let (_, edges) = graph::cascades(topology, signals, vec![bridge(0, 1), bridge(1, 2), bridge(2, 3)]);
    assert!(edges.is_empty(), "{edges:?}");
    let (_, edges) = graph::cascades(topology, signals, vec![bridge(0, 1), edge(1, 2, Grade::Known), bridge(2, 3)]);
    assert_eq!(ends(&edges), [(0, 1), (1, 2)]);
}

#[test]
fn kills_that_recur_at_one_limit_are_one_cascade_that_begins_with_the_first() {
    let story = |scope: &str, third: &str| {
        let kill = |at: &str, uid: &str| {
            format!("{{at: {at}, signal: OOMKill, subject: Node/n-0, labels: {{scope: {scope}, victim_uid: {uid}}}}}")
        };
        let kills = [kill("0s", "u-1"), kill("5m", "u-1"), kill(third, "u-1"), kill("6m", "u-2")];
        Story::new(&format!("{{signals: [{}]}}", kills.join(", "))).signals
    };
    let sizes = |signals: &[crate::signals::Signal]| {
        let (cascades, _) = graph::cascades(&Topology::default(), signals, Vec::new());
        cascades.iter().map(|one| (one.signals.len(), one.first.len())).collect::<Vec<_>>()
    };
    assert_eq!(sizes(&story("container", "11m")), [(3, 1), (1, 1)]);
    assert_eq!(sizes(&story("container", "2h")), [(2, 1), (1, 1), (1, 1)]);
    assert_eq!(sizes(&story("node", "11m")), [(1, 1), (1, 1), (1, 1), (1, 1)], "others may have asked for the memory");
}

#[test]
fn what_hangs_together_is_one_cascade_and_the_largest_comes_first() {
    let Story { topology, signals, .. } = &story();
    let (cascades, _) = graph::cascades(topology, signals, vec![edge(1, 2, Grade::Known)]);
    let members: Vec<_> = cascades.iter().map(|cascade| cascade.signals.clone()).collect();
    assert_eq!(members, [vec![1, 2], vec![0]], "a pod that was scheduled hurts nobody");
    let first = cascades.first().expect("a cascade");
    assert_eq!(first.first, [1]);
    assert_eq!(first.affected.len(), 2);
    assert!(first.headline.ends_with("1 signal on 1 Node followed"), "{}", first.headline);
}

#[test]
fn probes_that_fail_together_are_one_cascade() {
    let story = Story::new(
        "{signals: [{at: 0s, signal: Unhealthy(readiness), subject: Pod/shop/a-1, until: 1m},
          {at: 10s, signal: Unhealthy(liveness), subject: Pod/shop/a-1, until: 1m},
          {at: 10s, signal: Unhealthy(liveness), subject: Pod/shop/a-2}]}",
    );
    let members: Vec<_> = story.analysis().cascades.iter().map(|cascade| cascade.signals.len()).collect();
    assert_eq!(members, [2, 1]);
}

#[test]
fn runs_of_a_cronjob_that_fail_one_after_the_other_are_one_cascade_until_one_is_done() {
    let owned = |number: u32| format!("{{workload: Job/shop/report-{number}, owner: CronJob/shop/report}}");
    let given = format!("{{workloads: [{}]}}", [owned(1), owned(2), owned(3), owned(4)].join(", "));
    let run = |at: &str, number: u32, signal: &str| {
        format!("{{at: {at}, signal: {signal}, subject: Job/shop/report-{number}}}")
    };
    let sizes = |second: &str| {
        let runs = [run("0m", 1, "BackoffLimitExceeded"), run("15m", 2, second), run("50m", 3, "JobFailed")];
        let story = Story::new(&format!("{{given: {given}, signals: [{}]}}", runs.join(", ")));
        story.analysis().cascades.iter().map(|one| (one.signals.len(), one.first.len())).collect::<Vec<_>>()
    };
    assert_eq!(sizes("BackoffLimitExceeded"), [(3, 1)]);
    assert_eq!(sizes("Completed"), [(1, 1), (1, 1)], "what one run met was over before the third");
}

#[test]
fn jobs_of_one_batch_that_fail_side_by_side_are_one_cascade() {
    let given = "{workloads: [{workload: Job/ci/part-1}, {workload: Job/ci/part-2}, {workload: Job/ci/part-3}]}";
    let run =
        |at: &str, number: u32, signal: &str| format!("{{at: {at}, signal: {signal}, subject: Job/ci/part-{number}}}");
    let sizes = |last: &str| {
        let runs =
            [run("0m", 1, "BackoffLimitExceeded"), run("1m", 2, "Completed"), run(last, 3, "BackoffLimitExceeded")];
        let story = Story::new(&format!("{{given: {given}, signals: [{}]}}", runs.join(", ")));
        story.analysis().cascades.iter().map(|one| one.signals.len()).collect::<Vec<_>>()
    };
    assert_eq!(sizes("2m"), [2], "that another was done ends nothing of those beside it");
    assert_eq!(sizes("5h"), [1, 1], "another batch");
}

#[test]
fn an_end_that_is_recorded_after_its_backoff_is_its_cause_and_no_beginning() {
    let story = Story::new(
        "{signals: [
          {at: 0s, signal: CrashLoopBackOff, subject: Pod/shop/a-1, goes_on: true, labels: {container: app}},
          {at: 10s, signal: NoReadyEndpoints, subject: Endpoints/shop/a, goes_on: true},
          {at: 50m, signal: ContainerTerminated, subject: Pod/shop/a-1, labels: {container: app, exit_code: '1'}}],
         given: {pods: [{pod: Pod/shop/a-1, labels: {app: a}}], services: [{service: Service/shop/a, selects: {app: a}}]}}",
    );
    let analysis = story.analysis();
    let edges: Vec<(usize, usize)> = analysis.edges.iter().map(|edge| (edge.from, edge.to)).collect();
    assert_eq!(edges, [(0, 1), (2, 0)]);
    assert_eq!(analysis.cascades.iter().map(|one| one.first.clone()).collect::<Vec<_>>(), [vec![0]]);
}

/// Why it lasts was seen after it: that does not stand for what led to it in the same second.
#[test]
fn what_followed_at_once_is_led_to_directly() {
    let lagged = |from, to, lag_ms| Edge { lag_ms, ..edge(from, to, Grade::Known) };
    let kept = |lag_ms, way_ms| {
        let edges = vec![lagged(0, 1, 350), lagged(0, 2, lag_ms), lagged(1, 2, way_ms)];
        graph::without_shortcuts(edges).iter().map(|edge| (edge.from, edge.to)).collect::<Vec<_>>()
    };
    assert_eq!(kept(0, -350), [(0, 1), (0, 2), (1, 2)]);
    assert_eq!(kept(700, 350), [(0, 1), (1, 2)], "it came between");
    assert_eq!(kept(9_000, -350), [(0, 1), (1, 2)], "it did not follow at once");
}
