//! Times in a draft, held against the records that are cited beside them.

use chrono::{DateTime, TimeDelta, Utc};
use k8s_forensics::archive::Archive;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};

/// Statements of the draft with a time that no record cited in them has.
pub fn without_a_record(archive: &Archive, draft: &str) -> Vec<String> {
    let places = places(draft);
    let day = Regex::new(r"on (\d{4}-\d\d-\d\d)\.").expect("a pattern");
    let day = day.captures(draft).map(|found| found[1].to_owned());
    let cited = Regex::new(r"\[E\d+(?:, E\d+)*\]").expect("a pattern");
    let number = Regex::new(r"E(\d+)").expect("a pattern");
    let mut records: BTreeMap<(String, u64), BTreeSet<DateTime<Utc>>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for statement in statements(draft) {
        let times = named(&statement, day.as_deref());
        if times.is_empty() {
            continue;
        }
        let mut known = BTreeSet::new();
        for bracket in cited.find_iter(&statement) {
            for one in number.captures_iter(bracket.as_str()) {
                let place = places.get(&one[1]).unwrap_or_else(|| panic!("E{} is not in the index", &one[1]));
                known.extend(records.entry(place.clone()).or_insert_with(|| times_of(archive, place)).iter().copied());
            }
        }
        // A time is shown to the second; a record may have been rounded the other way.
        let near = |time: &DateTime<Utc>| known.iter().any(|one| (*one - *time).abs() <= TimeDelta::seconds(1));
        if let Some(time) = times.iter().find(|time| !near(time)) {
            wrong.push(format!("{time} has no record in: {statement}"));
        }
    }
    wrong
}

/// The index of the appendix: number to entry and line.
fn places(draft: &str) -> BTreeMap<String, (String, u64)> {
    let row = Regex::new(r"(?m)^\| E(\d+) \| `+ ?([^`]+?):(\d+) ?`+ \|").expect("a pattern");
    row.captures_iter(draft)
        .map(|found| (found[1].to_owned(), (found[2].to_owned(), found[3].parse().expect("a line"))))
        .collect()
}

/// The lines of the sections that state something, from the summary to the recovery; sentences where a line has several
/// that each cite.
fn statements(draft: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let (mut section, mut in_chart) = (String::new(), false);
    for line in draft.lines() {
        if let Some(title) = line.strip_prefix("## ").or_else(|| line.strip_prefix("### ")) {
            section = title.to_owned();
        }
        in_chart ^= line.starts_with("```");
        let states =
            ![&["", "Actions", "Questions", "Appendix"][..], &["About this draft", "Further actions and questions"]]
                .concat()
                .contains(&section.as_str());
        // A question states nothing.
        if states && !in_chart && !line.starts_with("All times are UTC") && !line.ends_with('?') {
            // A sentence ends with the bracket that cites for it.
            statements.extend(line.split("]. ").map(|part| format!("{part}]")));
        }
    }
    statements
}

/// Times in words or quotations of a statement, to the second. What a quotation of a record says needs no second one.
fn named(statement: &str, day: Option<&str>) -> Vec<DateTime<Utc>> {
    let whole = Regex::new(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z").expect("a pattern");
    let clock = Regex::new(r"(?:^|[^T\d:-])(\d\d:\d\d:\d\d)Z").expect("a pattern");
    let quoted = Regex::new(r"The record says: .*").expect("a pattern");
    let statement = quoted.replace(statement, "");
    let parse = |text: &str| text.replace(' ', "T").parse::<DateTime<Utc>>().ok();
    let mut times: Vec<DateTime<Utc>> = whole.find_iter(&statement).filter_map(|found| parse(found.as_str())).collect();
    let rest = whole.replace_all(&statement, "");
    let of_day = clock.captures_iter(&rest).filter_map(|found| parse(&format!("{}T{}Z", day?, &found[1])));
    times.extend(of_day);
    times
}

/// Every time in a line of an entry, in whichever form it is written there.
fn times_of(archive: &Archive, (entry, line): &(String, u64)) -> BTreeSet<DateTime<Utc>> {
    let mut text = String::new();
    archive
        .lines(entry, |number, bytes| {
            if number == *line {
                text = String::from_utf8_lossy(bytes).into_owned();
            }
            number < *line
        })
        .expect("a readable entry");
    let year = archive.header().expect("a header").to.format("%Y").to_string();
    let whole = Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z").expect("a pattern");
    let journal = Regex::new(r"^([A-Z][a-z]{2}) +(\d+) (\d\d:\d\d:\d\d)").expect("a pattern");
    let unix = Regex::new(r"\b1[5-9]\d{8}(?:\.\d+)?\b").expect("a pattern");
    let mut times: BTreeSet<DateTime<Utc>> =
        whole.find_iter(&text).filter_map(|found| found.as_str().parse().ok()).collect();
    times.extend(journal.captures(&text).and_then(|found| {
        let text = format!("{year} {} {} {}", &found[1], &found[2], &found[3]);
        chrono::NaiveDateTime::parse_from_str(&text, "%Y %b %d %H:%M:%S").ok().map(|time| time.and_utc())
    }));
    let seconds = unix.find_iter(&text).filter_map(|found| found.as_str().parse::<f64>().ok());
    times.extend(seconds.filter_map(|at| DateTime::from_timestamp(at as i64, 0)));
    times
}
