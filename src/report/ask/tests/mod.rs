//! Questions to a small report.

use super::*;
use crate::report::kept::Kept;
use serde_json::{Value, json};

fn signal(id: &str, signal: &str, subject: &str) -> Value {
    json!({"id": id, "signal": signal, "subject": subject, "from": "2026-11-20T14:00:00Z", "severity": "warning",
           "title": format!("{subject} {signal}"), "cascade": "c1",
           "evidence": [{"entry": "events.jsonl", "line": 3, "text": "a line"}]})
}

fn edge(from: &str, to: &str, grade: &str) -> Value {
    json!({"from": from, "to": to, "grade": grade, "link": format!("l-{from}-{to}"), "lag_ms": 2000, "why": "it does"})
}

fn kept(signals: &[Value], edges: &[Value], alternatives: &[Value]) -> Kept {
    let report = json!({"schema": "k8s-forensics.report/1", "signals": signals, "edges": edges,
                        "alternatives": alternatives});
    Kept::read(report.to_string().as_bytes()).expect("a report")
}

/// Two roots, one of them unsure, lead over a node to two pods of one workload.
fn report() -> Kept {
    kept(
        &[
            signal("s1", "ConfigChanged", "ConfigMap/shop/rules"),
            signal("s2", "Arrived", "Pod/shop/cache-0"),
            signal("s3", "OOMKill", "Node/node-1"),
            signal("s4", "Evicted", "Pod/shop/api-7d9f8b6c5-x2k4p"),
            signal("s5", "Evicted", "Pod/shop/api-7d9f8b6c5-zzzzz"),
            signal("s6", "OOMKilled", "Container/shop/cache-0/app"),
            signal("s7", "Elsewhere", "Node/node-2"),
        ],
        &[
            edge("s2", "s3", "order"),
            edge("s1", "s3", "mechanism"),
            json!({"from": "s3", "to": "s4", "grade": "known", "link": "evicts"}),
            json!({"from": "s3", "to": "s5", "grade": "known", "link": "evicts"}),
        ],
        &[
            json!({"from": "s7", "to": "s3", "link": "other", "grade": "known", "decided_by": "a line"}),
            json!({"from": "s1", "to": "s4", "link": "again", "grade": "known"}),
        ],
    )
}

fn named(words: &str) -> Result<Vec<usize>, NotFound> {
    find(&Graph::new(&report()), words).map(|whom| whom.signals)
}

#[test]
fn a_subject_is_meant_in_many_words() {
    for words in ["s3", "S3", "Node/node-1", "node/node-1", "node-1", "Node/node-1 OOMKill", "Node/node-1:OOMKill"] {
        assert_eq!(named(words), Ok(vec![2]), "{words}");
    }
    assert_eq!(named("Pod/cache-0"), Ok(vec![1, 5]), "a pod with its containers");
    assert_eq!(named("cache-0"), Ok(vec![1, 5]));
    assert_eq!(named("Container/shop/cache-0/app"), Ok(vec![5]));
    let two = kept(&[signal("s1", "A", "Node/node-1"), signal("s2", "A", "Pod/x/node-1")], &[], &[]);
    let both = vec!["Node/node-1".to_owned(), "Pod/x/node-1".to_owned()];
    assert_eq!(find(&Graph::new(&two), "node-1"), Err(NotFound::Ambiguous(both, 2)));
    assert!(
        matches!(named("Node/node-3"), Err(NotFound::Unknown(like)) if like.first().is_some_and(|one| one.starts_with("Node/")))
    );
    assert!(matches!(named("Node/node-1 Evicted"), Err(NotFound::Unknown(has)) if has == ["Node/node-1 OOMKill"]));
}

#[test]
fn causes_come_the_surest_first_and_what_speaks_against_is_said() {
    let kept = report();
    let graph = Graph::new(&kept);
    let whom = find(&graph, "s4").expect("a signal");
    let answer = ask(&graph, &whom, Direction::Causes, usize::MAX);
    let ids: Vec<(usize, &str)> = answer.steps.iter().map(|step| (step.depth, step.signal.id.as_str())).collect();
    assert_eq!(ids, [(0, "s4"), (1, "s3"), (2, "s1"), (2, "s2")]);
    let [asked, node, .., unsure] = answer.steps.as_slice() else { panic!("{ids:?}") };
    assert!(asked.alternatives.is_empty(), "s1 led to it anyhow");
    let others: Vec<&str> = node.alternatives.iter().map(|other| other.signal.id.as_str()).collect();
    assert_eq!(others, ["s7"]);
    assert_eq!(unsure.against, ["no record ties the two together: only time and neighbourhood"]);
    let few = ask(&graph, &whom, Direction::Causes, 2);
    assert_eq!((few.steps.len(), few.more), (2, 2));
}

#[test]
fn effects_on_pods_of_one_workload_share_a_step() {
    let kept = report();
    let graph = Graph::new(&kept);
    let answer = ask(&graph, &find(&graph, "s1").expect("a signal"), Direction::Effects, usize::MAX);
    let steps: Vec<(&str, &[&str])> =
        answer.steps.iter().map(|step| (step.signal.id.as_str(), step.alike.as_slice())).collect();
    assert_eq!(steps, [("s1", &[][..]), ("s3", &[]), ("s4", &["s5"])]);
}

#[test]
fn a_path_is_the_best_chain_or_none() {
    let kept = report();
    let graph = Graph::new(&kept);
    let between = |from: &str, to: &str| {
        let whom = |words| find(&graph, words).expect("a signal");
        let found = path(&graph, &whom(from), &whom(to));
        let ids: Vec<String> = found.signals.iter().map(|one| one.id.clone()).collect();
        (ids.join(" "), found.reversed, found.shared.iter().map(|one| one.id.clone()).collect::<Vec<_>>())
    };
    assert_eq!(between("s1", "s5"), ("s1 s3 s5".to_owned(), false, vec![]));
    assert_eq!(between("s5", "s1"), ("s1 s3 s5".to_owned(), true, vec![]));
    let (none, _, shared) = between("s4", "s5");
    assert_eq!((none.as_str(), shared), ("", vec!["s3".to_owned(), "s1".to_owned(), "s2".to_owned()]));
    assert_eq!(between("s7", "s1"), (String::new(), false, vec![]));
}

#[test]
fn a_circle_ends() {
    let kept = kept(
        &[signal("s1", "A", "Node/a"), signal("s2", "B", "Node/a")],
        &[edge("s1", "s2", "known"), edge("s2", "s1", "known"), edge("s1", "s1", "known"), edge("s1", "s9", "known")],
        &[],
    );
    let graph = Graph::new(&kept);
    let answer = ask(&graph, &find(&graph, "s1").expect("a signal"), Direction::Causes, usize::MAX);
    let steps: Vec<(&str, bool)> = answer.steps.iter().map(|step| (step.signal.id.as_str(), step.again)).collect();
    assert_eq!(steps, [("s1", false), ("s2", false), ("s1", true)]);
    assert!(words::answer(&answer, &graph, 80).contains("told above"));
}
