//! What no pattern tells of a text: rows of its timeline, claims without a mechanism, and what a postmortem lacks as a whole.

use super::code::cells;
use super::place::{ACTIONS, Place, heading, is_item};
use regex::Regex;
use serde::Deserialize;
use std::sync::LazyLock;

/// A check, by its name in `rules.yaml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// A cause is claimed of a link that only order in time suggests.
    Grade,
    /// A row of the timeline has neither a zone nor a record, or lacks one of them.
    Rows,
    /// The first row of the timeline is an alert.
    FirstRow,
    /// Actions have nowhere to say who and until when.
    ActionColumns,
    /// Nothing is said of what went well, and nothing of luck.
    WentWell,
    /// One contributing factor only.
    Factors,
}

/// What a check finds: the line, from 1, and its words.
pub type Found = (usize, String);

/// What a check finds on one line, which `place` has entered. `words` is the line without code.
pub fn of_line(check: Check, words: &str, place: &Place) -> Vec<String> {
    match check {
        Check::Grade => grade(words),
        Check::Rows if place.is_row() => rows(words, place),
        _ => Vec::new(),
    }
}

/// Each claim of the cascade carries its grade; further causes of a line begin with "Also".
fn grade(words: &str) -> Vec<String> {
    let is_too_much = |claim: &&str| claim.contains("(order") && super::speaks_of_causes(claim);
    words.split(" Also ").filter(is_too_much).map(|_| "caused".to_owned()).take(1).collect()
}

static ZONE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\dZ\b|\bUTC\b|\d[+-]\d\d:?\d\d\b|\b(?:CES?T|[ECMP][SD]T|GMT|BST)\b").expect("fixed"));
static RECORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\[\^?E?\d|\[E|\]\(|·:?\d*").expect("fixed"));
static ALERT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)`Alert/|\balert(?:s|ed)?\b.*\b(?:fir(?:ed|ing)|paged)\b").expect("fixed"));

fn rows(words: &str, place: &Place) -> Vec<String> {
    let row = cells(words);
    let time = row.first().copied().unwrap_or_default();
    let mut lacks = Vec::new();
    if !place.head_has_zone() && !ZONE.is_match(time) {
        lacks.push(format!("{time} without a zone"));
    }
    if row.len() > 1 && !row.last().is_some_and(|record| RECORD.is_match(record)) {
        lacks.push(format!("{time} without a record"));
    }
    lacks
}

/// The seconds of the day that the time of a row may be as early as: `14:17:23Z or up to 2 min 4 s earlier`.
fn earliest(time: &str) -> Option<i64> {
    static TIME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(\d\d):(\d\d)(?::(\d\d))?").expect("fixed"));
    static BOUND: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(\d+) (h|min|s)\b").expect("fixed"));
    let number = |text: Option<regex::Match>| text.map_or(Some(0), |one| one.as_str().parse::<i64>().ok());
    let found = TIME.captures(time)?;
    let at = number(found.get(1))? * 3600 + number(found.get(2))? * 60 + number(found.get(3))?;
    let seconds = |unit: &str| match unit {
        "h" => 3600,
        "min" => 60,
        _ => 1,
    };
    let bound = time.split_once("up to").map_or("", |(_, bound)| bound);
    let parts = BOUND.captures_iter(bound).map(|one| Some(number(one.get(1))? * seconds(one.get(2)?.as_str())));
    Some(at - parts.sum::<Option<i64>>()?)
}

/// The alert that a timeline begins with, unless a later row may be of before it.
fn first_row(section: &Section) -> Option<Found> {
    let (line, time, is_alert) = section.rows.first()?;
    let alert = earliest(time);
    let is_before = |(_, time, is_alert): &(usize, String, bool)| !is_alert && earliest(time) < alert;
    (*is_alert && !section.rows.iter().any(is_before)).then(|| (*line, time.clone()))
}

/// A part of a text below one heading.
#[derive(Default)]
struct Section {
    /// In small letters.
    title: String,
    /// Of its heading.
    line: usize,
    /// Items of its lists at the outer level, by line.
    items: Vec<(usize, String)>,
    /// Rows of the table of a timeline: line, time and whether it is an alert.
    rows: Vec<(usize, String, bool)>,
    /// The head of its first table.
    head: Option<(usize, String)>,
}

/// A text as its sections.
pub struct Outline(Vec<Section>);

/// Headings that postmortems have.
const USUAL: &[&str] = &[
    "summary",
    "impact",
    "timeline",
    "contributing factors",
    "root cause",
    "root causes",
    "trigger",
    "resolution",
    "recovery",
    "lessons learned",
    "detection",
    "questions",
];

impl Outline {
    pub fn of(text: &str) -> Self {
        let (mut sections, mut place) = (vec![Section::default()], Place::default());
        for (number, line) in (1..).zip(text.lines()) {
            let words = super::code::without_code(line);
            if !place.enter(line, &words) {
                continue;
            }
            if let Some(title) = heading(line) {
                sections.push(Section { title: title.to_lowercase(), line: number, ..Section::default() });
                continue;
            }
            let Some(section) = sections.last_mut() else { continue };
            if place.is_row() {
                let time = cells(&words).first().copied().unwrap_or_default().to_owned();
                section.rows.push((number, time, ALERT.is_match(line)));
            }
            if is_item(line) && !line.starts_with(' ') && !line.starts_with('\t') {
                section.items.push((number, words));
            } else if line.trim_start().starts_with('|') && section.head.is_none() {
                section.head = Some((number, words.to_lowercase()));
            }
        }
        Self(sections)
    }

    /// Whether the text is a postmortem: two or more of its headings are those that one has.
    pub fn is_postmortem(&self) -> bool {
        let is_usual = |one: &&Section| USUAL.contains(&one.title.as_str()) || ACTIONS.contains(&one.title.as_str());
        self.0.iter().filter(is_usual).count() > 1
    }

    /// What a check finds in the text as a whole.
    pub fn check(&self, check: Check) -> Vec<Found> {
        match check {
            Check::ActionColumns => self.0.iter().flat_map(actions).collect(),
            Check::WentWell if self.is_postmortem() => self.went_well().into_iter().collect(),
            Check::FirstRow => self.0.iter().filter_map(first_row).collect(),
            Check::Factors => self.0.iter().filter_map(only_factor).collect(),
            _ => Vec::new(),
        }
    }

    fn went_well(&self) -> Option<Found> {
        let is_about_it =
            |one: &&Section| ["went well", "luck", "worked well"].iter().any(|word| one.title.contains(word));
        let mut all = self.0.iter().filter(is_about_it).peekable();
        match all.peek() {
            None => Some((1, "no section on what went well".to_owned())),
            Some(first) => {
                let line = first.line;
                all.all(|one| one.items.is_empty()).then(|| (line, "nothing below this heading".to_owned()))
            }
        }
    }
}

fn only_factor(section: &Section) -> Option<Found> {
    match section.items.as_slice() {
        [(line, _)] if section.title.starts_with("contributing factor") => Some((*line, "the only factor".to_owned())),
        _ => None,
    }
}

/// What actions lack: a place for who, or one for until when.
fn actions(section: &Section) -> Vec<Found> {
    if !ACTIONS.contains(&section.title.as_str()) {
        return Vec::new();
    }
    let lacks = |text: &str| {
        let text = text.to_lowercase();
        let owner = !text.contains("owner") && !text.contains("assignee");
        let due = !["due", "until", "deadline", "date", "priority"].iter().any(|word| text.contains(word));
        [(owner, "an owner"), (due, "a date")].into_iter().find(|(lacks, _)| *lacks).map(|(_, what)| what)
    };
    let table = section.head.iter().filter_map(|(line, head)| Some((*line, format!("no column for {}", lacks(head)?))));
    let items =
        section.items.iter().filter_map(|(line, item)| Some((*line, format!("an action without {}", lacks(item)?))));
    table.chain(items).collect()
}
