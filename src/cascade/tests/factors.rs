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
