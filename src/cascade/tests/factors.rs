//! Every check of contributing factors on a story of its own, and silent where one thing in it is different.

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
