//! Causes that are not claimed.

use super::Story;

/// A pod that went to another node, whose first node was under pressure, and which also replaces one that was evicted.
fn story(link_between: &str) -> Story {
    Story::new(&format!(
        "{{given: {{pods: [{{pod: Pod/shop/a-1, node: node-1, owner: ReplicaSet/shop/a, arrived: 0s, gone: 5m}},
                          {{pod: Pod/shop/a-2, node: node-2, owner: ReplicaSet/shop/a, arrived: 5m}}]}},
          signals: [{{at: 290s, signal: MemoryPressure, subject: Node/node-1}},
                    {link_between}
                    {{at: 5m, signal: Scheduled, subject: Pod/shop/a-2}},
                    {{at: 301s, signal: OOMKill, subject: Node/node-2, labels: {{scope: node}}}}]}}"
    ))
}

fn told(story: &Story) -> Vec<String> {
    let name = |index: usize| story.signals.get(index).map_or("", |signal| signal.name.as_str());
    let all = story.analysis().alternatives;
    all.iter()
        .map(|one| {
            let (from, to) = (name(one.edge.from), name(one.edge.to));
            format!("{from} > {to}: {} instead of {}; {}", one.edge.link, one.instead_of.join(","), one.decided_by)
        })
        .collect()
}

#[test]
fn what_another_link_of_the_group_would_have_given_is_kept_with_what_would_decide() {
    let story = story("{at: 5m, signal: Evicted, subject: Pod/shop/a-1},");
    let edges = story.edges();
    assert!(edges.iter().any(|edge| edge.contains("pressure-sends-elsewhere")), "{edges:?}");
    assert!(!edges.iter().any(|edge| edge.contains("eviction-makes-replacement")), "{edges:?}");
    let told = told(&story);
    let other = told.iter().find(|one| one.contains("eviction-makes-replacement instead of pressure-sends-elsewhere"));
    assert!(other.is_some_and(|other| other.contains("; a log line or an event of Pod/shop/a-1 at ")), "{told:?}");
}

#[test]
fn where_one_explanation_is_there_no_other_is_told() {
    assert_eq!(told(&story("")), Vec::<String>::new());
}
