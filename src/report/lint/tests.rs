//! The rules against their own examples, and what is quoted against none of them.

use super::*;
use std::collections::BTreeSet;

fn rules(draft: &str) -> Vec<&'static str> {
    check(draft).into_iter().map(|finding| finding.rule).collect()
}

#[test]
fn every_rule_finds_its_examples_and_passes_its_near_misses() {
    let ids: Vec<String> = (1..=18).map(|number| format!("BL{number:02}")).collect();
    assert_eq!(RULES.iter().map(|rule| rule.id.clone()).collect::<Vec<_>>(), ids);
    let mut wrong = Vec::new();
    for rule in RULES.iter() {
        let is_whole =
            !rule.title.is_empty() && !rule.source.is_empty() && (rule.check.is_some() || !rule.find.is_empty());
        if !is_whole || rule.matches.len() < 2 || rule.near_misses.len() < 2 {
            wrong
                .push(format!("{} has a title, a source, something to find, two matches and two near misses", rule.id));
        }
        let finds = |text: &&String| rules(text).contains(&rule.id.as_str());
        wrong.extend(rule.matches.iter().filter(|text| !finds(text)).map(|text| format!("{} misses {text}", rule.id)));
        wrong.extend(
            rule.near_misses.iter().filter(finds).map(|text| format!("{} finds {text}: {:?}", rule.id, check(text))),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_cannot_be_a_rule_is_refused() {
    let rule = |rest: &str| {
        format!("words: {{}}\nrules:\n  - {{id: A, title: a, source: b, matches: [], near_misses: []{rest}}}\n")
    };
    assert!(rules::read(&rule("")).is_ok());
    for rest in [", other: 1", ", where: nowhere", ", find: [{any: '(', write: x}]", ", check: {name: none, write: x}"]
    {
        assert!(rules::read(&rule(rest)).is_err(), "{rest}");
    }
}

#[test]
fn sentences_become_quotations_by_the_rules_for_words() {
    for sentence in ["Obviously it grew.", "It broke because the team ignored it", "the culprit was a Pod"] {
        assert!(!is_blameless(sentence), "{sentence}");
    }
    for sentence in ["major page faults rose", "the kubelet failed to start it", "@jane said so", "10.0.0.1 was asked"]
    {
        assert!(is_blameless(sentence), "{sentence}");
    }
}

#[test]
fn quotations_are_exempt() {
    assert!(rules("It said `segfault: root cause` and ``obviously ` just``.").is_empty());
    assert!(rules("```\nroot cause\n```\n~~~~\n~~~\nroot cause\n~~~~\n").is_empty());
    assert!(rules("The default held; nobody was asked. A segfault. Blameless.").is_empty());
    assert!(rules("See https://example.org/root-cause, and [that](https://example.org/just).").is_empty());
    assert_eq!(rules("an open ` tick, obviously"), ["BL07"]);
    let records = "| | Record | Text |\n|---|---|---|\n| E1 | a:3 | the root cause |\n\nthe root cause";
    assert_eq!(check(records).iter().map(|found| (found.line, found.rule)).collect::<Vec<_>>(), [(5, "BL05")]);
}

#[test]
fn every_word_of_a_line_is_told_with_its_place() {
    let found = check("# Title\n\nObviously it was human error, just so.\n");
    let told: Vec<(usize, &str, &str)> = found.iter().map(|one| (one.line, one.rule, one.words.as_str())).collect();
    assert_eq!(told, [(3, "BL04", "human error"), (3, "BL07", "Obviously"), (3, "BL07", "just")]);
    assert!(found.iter().all(|one| !one.instead.is_empty() && !one.title.is_empty()));
}

#[test]
fn names_of_those_who_wrote_notes_are_found() {
    let notes = "Notes, UTC, 2026-11-21\n\n10:00 Jane Doe: I restarted the pod\n10:02 on-call: Jane, is it back?\n10:03 @bob: yes\n";
    let told: BTreeSet<(usize, String)> =
        check(notes).into_iter().filter(|one| one.rule == "BL01").map(|one| (one.line, one.words)).collect();
    for (line, name) in [(3, "Jane Doe"), (4, "Jane"), (5, "@bob")] {
        assert!(told.contains(&(line, name.to_owned())), "{told:?}");
    }
    assert!(!told.iter().any(|(_, words)| words.contains("on-call") || words.contains("call")), "{told:?}");
}

#[test]
fn what_outsiders_read_has_no_hosts() {
    let text = "It asked 10.1.2.3 and `ip-10-1-2-3.eu.internal`.\n\n```\ntoken=9f8e7d6c5b4a3210\n```\n";
    assert!(rules(text).is_empty());
    let public: Vec<(usize, String)> =
        check_for(text, Audience::Public).into_iter().map(|one| (one.line, one.words)).collect();
    let expected = [(1, "10.1.2.3"), (1, "ip-10-1-2-3.eu.internal"), (4, "token=9f8e7d6c5b4a3210")];
    assert_eq!(public, expected.map(|(line, words)| (line, words.to_owned())));
}

#[test]
fn rows_of_the_timeline_name_zone_and_record() {
    let head = "## Timeline\n\n| Time | Subject | Record |\n|---|---|---|\n";
    assert!(rules(&format!("{head}| 10:00:00Z | `Pod/a/b` | [E1] `events.jsonl:3` |")).is_empty());
    assert_eq!(rules(&format!("{head}| 10:00:00 | `Pod/a/b` | [E1] `events.jsonl:3` |")), ["BL12"]);
    assert_eq!(rules(&format!("{head}|10:00:00+01:00|`Pod/a/b`||")), ["BL12"]);
    assert_eq!(rules(&format!("{head}| 10:00:00Z | `Alert/X` | [E1] `a:3` |")), ["BL17"]);
    assert_eq!(rules(&format!("{head}| 10:00:00Z | finally `x` | [E1] `a:3` |")), ["BL13"]);
    let alert = "| 10:00:00Z | Alert X fired | [E1] |\n";
    assert_eq!(rules(&format!("{head}{alert}| 10:00:04Z or up to 3 s earlier | a | [E1] |")), ["BL17"]);
    assert!(rules(&format!("{head}{alert}| 10:02:00Z or up to 2 min 4 s earlier | a | [E1] |")).is_empty());
    let zone = head.replace("Time |", "Time (UTC) |");
    assert!(rules(&format!("{zone}| 10:00:00 | `Pod/a/b` | [E1] |")).is_empty());
    assert!(rules("late in the day").is_empty());
}

#[test]
fn hostile_text_is_shown_as_such_and_costs_no_more_than_its_length() {
    let found = check("obviously \u{1b}[2J@jane\u{202e}x\n");
    assert!(found.iter().all(|one| !one.words.contains(['\u{1b}', '\u{202e}'])), "{found:?}");
    let long = format!("{}\n{}", "`".repeat(200_000), "| a ".repeat(100_000));
    assert!(check(&long).is_empty());
    assert_eq!(check(&"just\n".repeat(20_000)).len(), MOST_FINDINGS);
}
