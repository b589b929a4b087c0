//! Blameless words: patterns that a draft must not contain.
//!
//! Text in code spans and code blocks is quoted and exempt. What the program writes must pass without a finding; for
//! people's edits a finding is a hint.

use super::safe;
use regex::Regex;
use std::sync::LazyLock;

/// A line of a draft that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `BL02`, …
    pub rule: &'static str,
    /// From 1.
    pub line: usize,
    /// The words found.
    pub words: String,
    pub advice: &'static str,
}

struct Pattern {
    rule: &'static str,
    pattern: &'static str,
    advice: &'static str,
    /// Only for rows of the timeline table.
    timeline_only: bool,
}

const PERSON: &str = r"(?:he|she|they|someone|somebody|engineers?|operators?|developers?|admins?|team|on-?call)";

static PATTERNS: [Pattern; 9] = [
    Pattern {
        rule: "BL02",
        pattern: r"\bPERSON\s+(?:\w+\s+)?(?:forgot|failed to|neglected|broke|missed|ignored)\b",
        advice: "say what happened to the component, not what a person left undone",
        timeline_only: false,
    },
    Pattern {
        rule: "BL03",
        pattern: r"\b(?:should have|could have|would have|ought to|if only|shouldn't have|had (?:he|she|they|we) \w+ed)\b",
        advice: "say what was, not what might have been",
        timeline_only: false,
    },
    Pattern {
        rule: "BL04",
        pattern: r"\b(?:(?:human|operator|user|pilot) error|mistakes? by|fat[- ]finger\w*|careless\w*|negligen\w+|sloppy)\b",
        advice: "ask what made the action sensible at the time",
        timeline_only: false,
    },
    Pattern {
        rule: "BL05",
        pattern: r"\broot causes?\b",
        advice: "write contributing factors, or trigger",
        timeline_only: false,
    },
    Pattern {
        rule: "BL06",
        pattern: r"(?:^|[.:?!]\s+|\d\.\s+|-\s+)(?:who|whose|why (?:did|didn't|was|were|do|does|is|are|has|have)\b[^.?]*\bPERSON)\b[^.?]*\?",
        advice: "ask what or how",
        timeline_only: false,
    },
    Pattern {
        rule: "BL07",
        pattern: r"\b(?:obvious(?:ly)?|clearly|simply|just|of course|trivial(?:ly)?|eas(?:y|ily))\b",
        advice: "leave the word out; it was not so on the day",
        timeline_only: false,
    },
    Pattern {
        rule: "BL08",
        pattern: r"\b(?:in hindsight|with hindsight|(?:it|this) was evident|predictabl[ey]|(?:was|were) known to)\b",
        advice: "say what was known at the time, and to which records",
        timeline_only: false,
    },
    Pattern {
        rule: "BL09",
        pattern: r"\b(?:blam(?:e|ed|es|ing)|faults?|guilty|culprits?|offend(?:er|ers|ing)|rogue|misbehav\w+)\b",
        advice: "name the component and its behaviour",
        timeline_only: false,
    },
    Pattern {
        rule: "BL13",
        pattern: r"\b(?:late|slow response|finally|too (?:long|late|slow))\b",
        advice: "a timeline holds facts; give the time instead",
        timeline_only: true,
    },
];

static COMPILED: LazyLock<Vec<(Regex, &'static Pattern)>> = LazyLock::new(|| {
    let compiled = PATTERNS.iter().filter_map(|pattern| {
        let source = format!("(?i){}", pattern.pattern.replace("PERSON", PERSON));
        Some((Regex::new(&source).ok()?, pattern))
    });
    compiled.collect()
});

/// Every finding of a draft, in order of its lines.
pub fn check(draft: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut place = Place::default();
    for (number, line) in draft.lines().enumerate() {
        if !place.enter(line) {
            continue;
        }
        let words = without_code(line);
        let mut report = |rule, words: &str, advice| {
            findings.push(Finding { rule, line: number + 1, words: words.to_owned(), advice });
        };
        for (regex, pattern) in COMPILED.iter().filter(|(_, pattern)| place.is_row() || !pattern.timeline_only) {
            if let Some(found) = regex.find(&words) {
                report(pattern.rule, found.as_str(), pattern.advice);
            }
        }
        // BL11: each claim of the cascade carries its grade; further causes of a line begin with "Also".
        if words.split(" Also ").any(|claim| claim.contains("(order") && speaks_of_causes(claim)) {
            report("BL11", "caused", "where only order is known, write: was followed by");
        }
        if place.is_row() {
            check_row(&mut place, line, &mut report);
        }
    }
    findings
}

/// Whether no pattern is found in a sentence, wherever in a draft it will stand.
pub fn is_blameless(sentence: &str) -> bool {
    let words = safe::clean(sentence, usize::MAX);
    !COMPILED.iter().any(|(regex, _)| regex.is_match(&words))
}

/// The first words of a sentence that a pattern finds, and what must be quoted of it for that.
pub fn first_words(sentence: &str) -> Option<std::ops::Range<usize>> {
    COMPILED.iter().filter_map(|(regex, _)| regex.find(sentence)).map(|found| found.range()).min_by_key(|one| one.start)
}

/// Whether a sentence claims that one thing led to another.
pub fn speaks_of_causes(sentence: &str) -> bool {
    let words = sentence.to_lowercase();
    words.contains("caused") || words.contains("because")
}

/// BL12: each row has its time zone and its record. BL17: the first row is no alert.
fn check_row(place: &mut Place, line: &str, report: &mut impl FnMut(&'static str, &str, &'static str)) {
    let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
    let time = cells.first().copied().unwrap_or_default();
    if !time.split(' ').any(|word| word.ends_with('Z')) {
        report("BL12", time, "give the time in UTC with its Z");
    }
    if !cells.last().is_some_and(|record| record.contains("[E")) {
        report("BL12", time, "name the record the row rests on");
    }
    if !std::mem::replace(&mut place.past_first_row, true) && line.contains("`Alert/") {
        report("BL17", time, "begin before the alert: with the first sign or the change before it");
    }
}

/// Where in a draft a line stands.
#[expect(clippy::struct_excessive_bools, reason = "three facts about a line that do not depend on each other")]
#[derive(Default)]
struct Place {
    in_code: bool,
    in_timeline: bool,
    table_line: usize,
    past_first_row: bool,
}

impl Place {
    /// Moves to `line`; false where it is code.
    fn enter(&mut self, line: &str) -> bool {
        if line.trim_start().starts_with("```") {
            self.in_code = !self.in_code;
            return false;
        }
        if let Some(heading) = line.strip_prefix("## ").or_else(|| line.strip_prefix("### ")) {
            self.in_timeline = ["Timeline", "Full timeline"].contains(&heading);
        }
        self.table_line = if line.starts_with('|') { self.table_line + 1 } else { 0 };
        !self.in_code
    }

    /// Whether it is a row of the timeline, below the two lines of a table's head.
    fn is_row(&self) -> bool {
        self.in_timeline && self.table_line > 2
    }
}

/// The line with each code span replaced by a mark, as CommonMark pairs backticks.
fn without_code(line: &str) -> String {
    let mut words = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let (before, from_fence) = rest.split_at(start);
        words.push_str(before);
        let fence = from_fence.len() - from_fence.trim_start_matches('`').len();
        let body = from_fence.get(fence..).unwrap_or_default();
        match closing(body, fence) {
            Some(end) => {
                words.push('·');
                rest = body.get(end..).unwrap_or_default();
            }
            None => {
                words.push_str(from_fence.get(..fence).unwrap_or_default());
                rest = body;
            }
        }
    }
    words.push_str(rest);
    words
}

/// The end of the first run of exactly `fence` backticks.
fn closing(body: &str, fence: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(start) = body.get(at..)?.find('`') {
        let run = body.get(at + start..)?.chars().take_while(|character| *character == '`').count();
        at += start + run;
        if run == fence {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(draft: &str) -> Vec<&'static str> {
        check(draft).into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn every_pattern_compiles_and_finds() {
        assert_eq!(COMPILED.len(), PATTERNS.len());
        let cases = [
            ("The operator forgot the limit.", "BL02"),
            ("An alert should have fired.", "BL03"),
            ("It was human error.", "BL04"),
            ("## Root cause", "BL05"),
            ("1. Who restarted it?", "BL06"),
            ("- Why did the team restart it?", "BL06"),
            ("Obviously it grew.", "BL07"),
            ("In hindsight the limit was missing.", "BL08"),
            ("The culprit was a pod.", "BL09"),
            ("- caused (order: same node)", "BL11"),
        ];
        for (draft, rule) in cases {
            assert_eq!(rules(draft), [rule], "{draft}");
        }
    }

    #[test]
    fn quotations_are_exempt() {
        assert!(rules("It said `segfault: root cause` and ``obviously ` just``.").is_empty());
        assert!(rules("```\nroot cause\n```\n").is_empty());
        assert!(rules("The default held; nobody was asked. A segfault. Blameless.").is_empty());
        assert_eq!(rules("an open ` tick, obviously"), ["BL07"]);
    }

    #[test]
    fn rows_of_the_timeline_name_zone_and_record() {
        let head = "## Timeline\n\n| Time | Subject | Record |\n|---|---|---|\n";
        assert!(rules(&format!("{head}| 10:00:00Z | `Pod/a/b` | [E1] `events.jsonl:3` |")).is_empty());
        assert_eq!(rules(&format!("{head}| 10:00:00 | `Pod/a/b` | [E1] `events.jsonl:3` |")), ["BL12"]);
        assert_eq!(rules(&format!("{head}| 10:00:00Z | `Pod/a/b` | |")), ["BL12"]);
        assert_eq!(rules(&format!("{head}| 10:00:00Z | `Alert/X` | [E1] `a:3` |")), ["BL17"]);
        assert_eq!(rules(&format!("{head}| 10:00:00Z | finally `x` | [E1] `a:3` |")), ["BL13"]);
        assert!(rules("late in the day").is_empty());
    }
}
