//! The matcher beside the patterns themselves, on made-up lines.

use super::*;
use proptest::prelude::*;
use regex::Regex;

fn matcher(patterns: &[&str], markers: &[&str]) -> LineMatcher {
    LineMatcher::new(patterns.iter().copied(), markers.iter().copied()).expect("patterns with literals")
}

/// Number, text, patterns and mark of each candidate.
fn candidates(matcher: &LineMatcher, block: &str) -> Vec<(usize, String, Vec<u32>, bool)> {
    let mut found = Vec::new();
    matcher.for_each_candidate(block.as_bytes(), |one| {
        assert_eq!(block.as_bytes().get(one.at.clone()), Some(one.line));
        let text = String::from_utf8(one.line.to_vec()).expect("text");
        found.push((one.number, text, one.patterns.to_vec(), one.marked));
    });
    found
}

#[test]
fn lines_are_numbered_and_name_their_patterns() {
    let matcher = matcher(&["lease lost", "^first|^second", r"lease lost after \d+"], &["err"]);
    let block = "nothing\nlease lost\r\n\nthe second ERROR\nSecond lease lost, first\nerr";
    assert_eq!(
        candidates(&matcher, block),
        [
            (1, "lease lost".to_owned(), vec![0], false),
            (3, "the second ERROR".to_owned(), vec![1], true),
            (4, "Second lease lost, first".to_owned(), vec![0, 1], false),
            (5, "err".to_owned(), vec![], true),
        ]
    );
    assert!(candidates(&matcher, "").is_empty());
    assert!(candidates(&matcher, "\n\n").is_empty());
}

#[test]
fn a_matcher_of_nothing_finds_nothing() {
    assert!(candidates(&matcher(&[], &[]), "any\nline").is_empty());
}

#[test]
fn a_pattern_without_a_literal_is_refused_by_its_text() {
    let refused = LineMatcher::new(["fine", r"\d+ [a-z]+"], []).expect_err("no literal").to_string();
    assert!(refused.contains(r"\\d+ [a-z]+"), "{refused}");
    let broken = LineMatcher::new(["fine", "(open"], []).expect_err("no pattern").to_string();
    assert!(broken.contains("(open"), "{broken}");
}

#[test]
fn thousands_of_patterns_are_found_as_well() {
    let patterns: Vec<String> = (10_000..14_000).map(|number| format!("rule {number} ends")).collect();
    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
    let matcher = matcher(&patterns, &[]);
    assert!(matches!(matcher.literals, Literals::Compact(_)), "they are too many for a table");
    let block = "x\nRule 13999 ends\nrule 9 ends\nrule 10000 ends, rule 10001 ends";
    let found: Vec<_> = candidates(&matcher, block).into_iter().map(|one| (one.0, one.2)).collect();
    assert_eq!(found, [(1, vec![3_999]), (3, vec![0, 1])]);
}

const PATTERNS: [&str; 10] = [
    r"[Ee]viction manager: attempting to reclaim(?: |, )(?P<resource>memory|pids)",
    "^alpha beta|^gamma",
    "(?i)Link IS down",
    r"oom-kill:constraint=.*?task=(?P<process>[^,]+)",
    r"(?:dial tcp \S+ (?:refused|i/o timeout)|no such (?:host|node))",
    r"Kill(?:ed)? process \d+",
    r"(?:ab){2,3}c",
    r"x+yyyz+w",
    r"task=\w+$",
    r"(?:Kill\d+|alpha) (?:process \d+|beta)",
];

/// Pieces of lines that the patterns match, and some that they do not.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "Eviction manager: attempting to reclaim",
        "eviction manager: attempting to reclaim, ",
        " ",
        "memory",
        "pids",
        "alpha beta",
        "gamma",
        "lINK is ",
        "down",
        "Down",
        "oom-kill:constraint=",
        "X",
        "task=",
        "init,",
        "dial tcp ",
        "10.0.0.1:80",
        " refused",
        "i/o timeout",
        "no such ",
        "host",
        "node",
        "Kill",
        "ed",
        " process ",
        "7",
        "ab",
        "c",
        "x",
        "yyyz",
        "zw",
        "w",
        "é",
        "\n",
    ])
}

proptest! {
    #[test]
    fn what_a_pattern_matches_is_its_candidate(pieces in prop::collection::vec(piece(), 0..60)) {
        let block = pieces.concat();
        let found = candidates(&matcher(&PATTERNS, &["down"]), &block);
        prop_assert!(found.windows(2).all(|two| two[0].0 < two[1].0));
        for (number, line) in block.split('\n').enumerate() {
            let candidate = found.iter().find(|one| one.0 == number);
            prop_assert!(candidate.is_none_or(|one| one.1 == line));
            for (place, pattern) in (0..).zip(PATTERNS) {
                if Regex::new(pattern).expect("a pattern").is_match(line) {
                    prop_assert!(candidate.is_some_and(|one| one.2.contains(&place)), "{pattern} in {line:?}");
                }
            }
            prop_assert_eq!(candidate.is_some_and(|one| one.3), line.to_lowercase().contains("down"));
        }
    }
}
