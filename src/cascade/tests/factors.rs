//! Every check of contributing factors, and every question, on a story of its own, and silent where one thing in it is
//! different.

use super::Story;
use serde::Deserialize;

#[derive(Deserialize)]
struct Trial {
    check: String,
    story: String,
    /// What to change so that the check has nothing to say.
    from: String,
    to: String,
}

/// What a check says in a story.
fn told(story: &str, check: &str) -> Vec<String> {
    let factors = Story::new(story).analysis().factors;
    factors.into_iter().filter(|one| one.id == check).map(|one| one.statement).collect()
}

#[test]
fn each_check_speaks_in_its_story_and_is_silent_without_what_it_rests_on() {
    let trials: Vec<Trial> = serde_saphyr::from_str(include_str!("factors.yaml")).expect("trials");
    let mut wrong = Vec::new();
    for Trial { check, story, from, to } in trials {
        assert!(story.contains(&from), "{check}: {from} is in no story");
        if told(&story, &check).is_empty() {
            wrong.push(format!("{check} says nothing in {story}"));
        }
        let other = story.replacen(&from, &to, 1);
        let said = told(&other, &check);
        if !said.is_empty() {
            wrong.push(format!("{check} says {said:?} in {other}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_came_back_as_a_warning_is_new_harm_too() {
    let said = told(
        "{given: {}, signals: [
            {at: 0s, signal: Unhealthy(readiness), subject: Pod/s/a-1, until: 2m},
            {at: 10m, signal: Unhealthy(readiness), subject: Pod/s/a-1, until: 12m}]}",
        "last-end",
    );
    assert!(said.len() == 1 && said[0].contains(", 2 min after the last new harm"), "{said:?}");
}

/// A program that was rolled out with a changed setting has met it, and need not be hurt by what it does elsewhere.
#[test]
fn whoever_was_rolled_out_with_a_setting_is_no_other_reader() {
    let said = |reader: &str| {
        let story = format!(
            "{{given: {{pods: [{{pod: Pod/s/a-1, owner: ReplicaSet/s/a, arrived: 0s, labels: {{app: a}}}}],
                workloads: [{{workload: ReplicaSet/s/a, owner: Deployment/s/a}}, {{workload: Deployment/ops/keeper, reads: [ConfigMap/ops/rules]}}{reader}],
                services: [{{service: Service/s/a, selects: {{app: a}}}}]}}, signals: [
                {{at: 1h, signal: ConfigChanged, subject: ConfigMap/ops/rules}},
                {{at: 1h, signal: ScalingReplicaSet, subject: Deployment/ops/keeper, labels: {{replicaset: keeper-2}}}},
                {{at: 61m, signal: PodLifeTime, subject: Pod/s/a-1, unrecognised: action, labels: {{reporter: example.com/keeper}}}},
                {{at: 61m, signal: Killing(stopping), subject: Pod/s/a-1}},
                {{at: 61m, signal: NoReadyEndpoints, subject: Endpoints/s/a, until: 65m}}]}}"
        );
        told(&story, "others-read")
    };
    assert_eq!(said(""), Vec::<String>::new(), "it has met it");
    let other = said(", {workload: Deployment/ops/other, reads: [ConfigMap/ops/rules]}");
    assert!(other.len() == 1 && other[0].contains("Deployment/ops/other"), "{other:?}");
    assert!(!other[0].contains("keeper"), "{other:?}");
}

#[derive(Deserialize)]
struct AskedTrial {
    /// Words of the question.
    asks: String,
    story: String,
    from: String,
    to: String,
}

/// What a story leaves open, in these words.
fn asked(story: &str, words: &str) -> Vec<String> {
    let questions = Story::new(story).analysis().questions;
    questions.into_iter().map(|one| one.question).filter(|one| one.contains(words)).collect()
}

#[test]
fn each_question_is_asked_in_its_story_and_not_where_the_records_answer_it() {
    let trials: Vec<AskedTrial> = serde_saphyr::from_str(include_str!("open.yaml")).expect("trials");
    let mut wrong = Vec::new();
    for AskedTrial { asks, story, from, to } in trials {
        assert!(story.contains(&from), "{asks}: {from} is in no story");
        if asked(&story, &asks).is_empty() {
            let all = asked(&story, "");
            wrong.push(format!("{asks} is not asked in {story}, but {all:?}"));
        }
        let said = asked(&story.replacen(&from, &to, 1), &asks);
        if !said.is_empty() {
            wrong.push(format!("{said:?} is asked without {from}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
