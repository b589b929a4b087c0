//! What is told first of the largest cascade, in plain sentences: whom it hurt and how long, what the failing had in
//! common, what began it, how it spread and ended, and what is not known. The draft and the terminal say the same.
//!
//! All text is as it came; who prints it makes it safe. A sentence names no time without the record that has it.

mod course;
mod ending;
mod runs;

pub use course::course;
pub use ending::{ending, last_well};
pub use runs::sentence as failed_runs;

use super::{Numbered, View};
use crate::cascade::{Common, FIRST_RECORD, Factor, FactorClass, Impact, ImpactState, STALE_ENDPOINTS};
use crate::model::{Citation, End, Severity};
use crate::report::sentences::{brief, capital, listed, spoken, whole_sentences};
use crate::report::{quotes, times};
use crate::signals::Role;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;

/// A part of a sentence, and the records that it rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    pub text: String,
    pub records: Vec<Citation>,
}

/// A sentence without its stop; its parts follow each other as they are.
pub type Sentence = Vec<Part>;

/// How many of those that were hurt alike are named before they are counted.
const NAMED: usize = 2;
/// How many kinds of harm are named in the first sentence, the first of them with its times. The table has all.
const KINDS: usize = 3;
/// The record of a template and that of its rollout are no further apart.
const AT_ONCE: TimeDelta = TimeDelta::seconds(5);
/// What is longer in a title is cut at a clause.
const TITLE_CHARS: usize = 90;
const STEP_CHARS: usize = 80;

/// What began it and whom it hurt, as a person would say it: without times. Where an outside check failed that comes
/// first, as it is why somebody looks.
pub fn title(view: &View) -> String {
    let failed = runs::failed(view);
    if view.largest().is_none() {
        let title = if view.absences.harm().is_whole() { "Nothing failed" } else { "No failure recognised" };
        return failed.map_or_else(|| title.to_owned(), |failed| format!("{failed}; no other failure recognised"));
    }
    let Some(first) = begun_with(view) else { return String::new() };
    let began = rolled_out(view, first)
        .unwrap_or_else(|| format!("{}{}", brief(&spoken(&first.title), TITLE_CHARS), repeated(first)));
    match (failed, harm_beside(view, first)) {
        (Some(failed), harm) if first.has(Role::OutsideCheck) => {
            harm.map_or_else(|| failed.clone(), |harm| format!("{failed}; {harm}"))
        }
        // What the records tell most of may have nothing to do with them.
        (Some(failed), _) if !runs::are_linked(view) => match runs::pods(view) {
            Some(pods) => format!("{failed}; {pods}"),
            None => format!("{failed}; beside that {began}"),
        },
        (Some(failed), _) => format!("{failed}; {began}"),
        (None, Some(harm)) => format!("{}; {harm}", capital(&began)),
        (None, None) => capital(&began),
    }
}

/// What a rollout brought, where that is known and short: the name of a ReplicaSet tells a person nothing.
fn rolled_out(view: &View, change: Numbered<'_>) -> Option<String> {
    let is_near = |other: &Numbered<'_>| (other.began() - change.began()).abs() <= AT_ONCE;
    let is_its_template = |other: &Numbered<'_>| other.has(Role::SpecChange) && other.subject == change.subject;
    let specs = Numbered::all(&view.of.signals).filter(|other| is_its_template(other) && is_near(other));
    let mut said = specs.filter_map(|other| other.signal.label("what")?.strip_prefix("rolled out anew: "));
    let is_rollout = change.has(Role::Rollout) || change.has(Role::SpecChange);
    let first = said.next().filter(|_| is_rollout)?.split("; ").next()?;
    (first.chars().count() <= TITLE_CHARS).then(|| format!("{} was rolled out: {first}", change.subject))
}

/// How often what is no trouble in itself was done, where that is what makes it one.
fn repeated(signal: Numbered<'_>) -> String {
    match signal.severity {
        Severity::Info if signal.count > 1 && !signal.has(Role::Change) => format!(" ({} times)", signal.count),
        _ => String::new(),
    }
}

/// Who was hurt worst, where that is not what the title begins with.
fn harm_beside(view: &View, first: Numbered<'_>) -> Option<String> {
    let others: Vec<&Impact> =
        view.impact.rows.iter().filter(|row| row.linked && !row.signals.contains(&first.index)).collect();
    kinds(&others).first().map(|rows| clause(rows))
}

/// The sentences, at most six of them; none where nothing failed. `limit` is the longest statement, in characters.
pub fn sentences(view: &View, limit: usize) -> Vec<Sentence> {
    let Some(cascade) = view.largest() else { return runs::sentence(view).into_iter().collect() };
    let hurt = hurt(view);
    let told = [
        runs::sentence(view),
        who(view, &hurt),
        shared(view),
        Some(beginning(view, limit)),
        course(view, limit),
        Some(ending(view, &hurt, cascade.end)),
    ];
    told.into_iter().flatten().collect()
}

/// Those who were hurt, with a link to the cascade; those without one where there are no others.
pub fn hurt<'a>(view: &'a View) -> Vec<&'a Impact> {
    let linked = view.impact.rows.iter().any(|row| row.linked);
    view.impact.rows.iter().filter(|row| row.linked == linked).collect()
}

/// Rows of one state together, those with a link apart from others, in the order of the first of each.
pub fn kinds<'a>(rows: &[&'a Impact]) -> Vec<Vec<&'a Impact>> {
    let mut kinds: Vec<Vec<&Impact>> = Vec::new();
    for row in rows {
        let alike = |of: &&mut Vec<&Impact>| {
            let alike = |one: &&&Impact| (one.state, one.linked) == (row.state, row.linked);
            of.first().filter(alike).is_some_and(|one| one.words.is_none() && row.words.is_none())
        };
        match kinds.iter_mut().find(alike) {
            Some(kind) => kind.push(row),
            None => kinds.push(vec![row]),
        }
    }
    kinds
}

/// `Services shop/api, shop/web and 2 more had no ready endpoint`; of one alone how often.
pub fn clause(rows: &[&Impact]) -> String {
    let [first, _, ..] = rows else { return rows.first().map(|row| what(row)).unwrap_or_default() };
    let one = |row: &&Impact, before: &str| row.whose.strip_prefix(before).map(str::to_owned);
    let of_pods = |row: &&Impact| one(row, "pods of ").or_else(|| one(row, "a pod of "));
    let services: Option<Vec<String>> = rows.iter().map(|row| one(row, "Service ")).collect();
    let pods = || rows.iter().map(of_pods).collect::<Option<Vec<String>>>();
    let (before, mut whose) = match (services, pods) {
        (Some(names), _) => ("Services ", names),
        (None, pods) => match pods() {
            Some(names) => ("pods of ", names),
            None => ("", rows.iter().flat_map(|row| names(row)).collect()),
        },
    };
    let mut seen = BTreeSet::new();
    whose.retain(|one| seen.insert(one.clone()));
    if rows.iter().all(|row| row.subjects == first.subjects) {
        let times = if rows.len() == 2 { "twice".to_owned() } else { format!("{} times", rows.len()) };
        return format!("{} {times}", what(first));
    }
    let more = whose.len().saturating_sub(NAMED);
    whose.truncate(NAMED);
    if more > 0 {
        whose.push(format!("{more} more"));
    }
    format!("{before}{} {}", listed(&whose), first.state_words(false))
}

/// What happened to whom: a node, or a pod that nobody looks after, by its name.
fn what(row: &Impact) -> String {
    match row.subjects.as_slice() {
        subjects @ ([_] | [_, _]) if is_vague(row) && row.words.is_none() => {
            let names: Vec<String> = subjects.iter().map(ToString::to_string).collect();
            format!("{} {}", listed(&names), row.state_words(names.len() == 1))
        }
        _ => row.what(),
    }
}

/// Whether whose they are does not tell one from another.
fn is_vague(row: &Impact) -> bool {
    row.whose.starts_with("node") || row.whose.contains("without a controller")
}

/// Whose they are, or their own names.
fn names(row: &Impact) -> Vec<String> {
    match is_vague(row) {
        true => row.subjects.iter().map(ToString::to_string).collect(),
        false => vec![row.whose.clone()],
    }
}

fn who(view: &View, hurt: &[&Impact]) -> Option<Sentence> {
    let kinds = kinds(hurt);
    let named = |rows: &Vec<&Impact>| Part {
        text: clause(rows),
        records: rows.first().and_then(|row| row.evidence.first()).copied().into_iter().collect(),
    };
    let worst = kinds.first().map(|rows| one_kind(view, rows));
    // Of what has no words of its own there is nothing to name.
    let has_words = |rows: &&Vec<&Impact>| rows.iter().all(|row| row.state != ImpactState::Trouble);
    let others = kinds.iter().skip(1).filter(has_words).take(KINDS - 1).map(named);
    let mut parts: Vec<Part> = worst.into_iter().chain(others).collect();
    let more = kinds.len().saturating_sub(parts.len());
    for (place, part) in parts.iter_mut().enumerate().skip(1) {
        part.text.insert_str(0, if place == 1 { "; beside that " } else { "; " });
    }
    let first = parts.first_mut()?;
    first.text = capital(&first.text);
    if hurt.iter().any(|row| !row.linked) {
        parts.push(Part { text: "; no link to the rest was found".to_owned(), records: Vec::new() });
    }
    match more {
        0 => {}
        1 => parts.push(Part { text: "; and one more kind of harm".to_owned(), records: Vec::new() }),
        more => parts.push(Part { text: format!("; and {more} more kinds of harm"), records: Vec::new() }),
    }
    Some(parts)
}

/// Who were hurt alike, from when to when.
pub fn one_kind(view: &View, rows: &[&Impact]) -> Part {
    let count = match rows {
        [row] => row.of.map(|of| format!(" ({} of {of})", row.subjects.len())).unwrap_or_default(),
        _ => String::new(),
    };
    let begin = rows.iter().min_by_key(|row| row.from.time);
    let from = begin.map(|row| times::shown(row.from.time)).unwrap_or_default();
    let end = last_end(rows);
    let until = match end {
        Some((_, End::At(at))) if is_apart(rows) => {
            format!("between {} and {}", view.clock.time(from), view.clock.time(times::shown(at)))
        }
        Some((_, End::Ongoing)) if is_apart(rows) => {
            format!("from {} for the first; not each ended in the window", view.clock.time(from))
        }
        _ if is_apart(rows) => format!("from {} for the first; not each end is recorded", view.clock.time(from)),
        Some((row, End::At(at))) => {
            let lasted = times::length(times::whole_between(row.from.time.min(from), at));
            format!("from {} to {} ({lasted})", view.clock.time(from), view.clock.time(times::shown(at)))
        }
        Some((_, End::Ongoing)) => format!("from {} to the end of the window", view.clock.time(from)),
        _ => format!("from {}; when it ended is not recorded", view.clock.time(from)),
    };
    let ends = end.filter(|(_, end)| matches!(end, End::At(_))).map(|(row, _)| *row);
    Part {
        text: format!("{}{count} {until}", clause(rows)),
        records: begin.into_iter().flat_map(|begin| records_of(begin, ends.unwrap_or(begin))).collect(),
    }
}

/// Whether several were not hurt in the same span of time, so that the whole of it is nobody's.
pub fn is_apart(rows: &[&Impact]) -> bool {
    let span = |row: &Impact| (times::shown(row.from.time), row.end);
    rows.windows(2).any(|pair| matches!(pair, [one, other] if span(one) != span(other)))
}

/// The end of the last of several, and whose it is: none where one is not recorded, unless another goes on.
pub fn last_end<'a, 'b>(rows: &'b [&'a Impact]) -> Option<(&'b &'a Impact, End)> {
    let ongoing = rows.iter().find(|row| row.end == End::Ongoing);
    let unknown = rows.iter().find(|row| row.end == End::Unknown);
    let last = || rows.iter().max_by_key(|row| row.until());
    ongoing.or(unknown).or_else(last).map(|row| (row, row.end))
}

/// The records of a beginning, and of an end that may be of another row.
pub fn records_of(begin: &Impact, end: &Impact) -> Vec<Citation> {
    let (first, last) = (&begin.evidence, &end.evidence);
    let ends = first.first().into_iter().chain(last.last());
    ends.chain(first.get(1)).chain(last.iter().rev().nth(1)).copied().collect()
}

/// The records of the ends of a row, which stand behind those of its beginnings.
pub fn ends_of(row: &Impact) -> Vec<Citation> {
    row.evidence.iter().rev().take(row.subjects.len().min(3)).copied().collect()
}

/// What those that failed share, and others do not.
pub fn shared(view: &View) -> Option<Sentence> {
    let is_of_it = |one: &&Common| one.is_proven && one.cascade.is_none_or(|cascade| cascade == 0);
    let one = view.of.common.iter().find(is_of_it)?;
    let text = capital(one.statement.split("; ").next().unwrap_or_default());
    Some(vec![Part { text, records: one.evidence.clone() }])
}

/// The change that began it, and the factor that says so.
fn begun_by_change<'a>(view: &'a View<'a>) -> Option<(&'a Factor, Numbered<'a>)> {
    let trigger = view.factors(FactorClass::Trigger).next().filter(|trigger| trigger.id != FIRST_RECORD)?;
    let change = view.signals(&trigger.signals).find(|signal| signal.has(Role::Change))?;
    Some((trigger, change))
}

/// The factor that says that what began it is in no record, though changes came before.
fn untold<'a>(view: &'a View<'a>) -> Option<&'a Factor> {
    view.factors(FactorClass::Trigger).next().filter(|trigger| trigger.id == STALE_ENDPOINTS)
}

/// The change that began it; else, where that is in no record, the first that failed; else the first of it.
fn begun_with<'a>(view: &'a View<'a>) -> Option<Numbered<'a>> {
    let failed = || view.signals(&untold(view)?.signals).next();
    let first = || view.signals(&view.largest()?.first).next();
    begun_by_change(view).map(|(_, change)| change).or_else(failed).or_else(first)
}

/// Whether there is more to tell of its beginning than the first that failed.
fn is_known(view: &View) -> bool {
    view.factors(FactorClass::Trigger)
        .next()
        .is_some_and(|trigger| ![FIRST_RECORD, STALE_ENDPOINTS].contains(&trigger.id))
}

/// What began it: the change that did, and the first sign after it; else the first that is recorded.
pub fn beginning(view: &View, limit: usize) -> Sentence {
    if let Some((factor, change)) = begun_by_change(view) {
        let said = view.clock.shortened(whole_sentences(&factor.statement, limit));
        // `a change: StatefulSet/data/db: rolled out anew: image of …` is read twice.
        let of_what = said.strip_prefix(&format!("{}: ", change.subject));
        let text = match of_what {
            Some(what) => format!("It began with a change of {}: {what}", change.subject),
            None => format!("It began with a change: {said}"),
        };
        let mut parts = vec![Part { text, records: records(view, factor) }];
        let onset = view.detection.onset.filter(|onset| onset.index != change.index);
        parts.extend(onset.map(|onset| first_sign(change.began(), onset)));
        return parts;
    }
    if let Some(factor) = untold(view) {
        let text = view.clock.shortened(whole_sentences(&factor.statement, limit));
        return vec![Part { text, records: records(view, factor) }];
    }
    let Some(first) = begun_with(view) else { return Vec::new() };
    let late = first.uncertainty().filter(|_| first.from.earlier_ms > 0).map(|late| format!(" {late}"));
    let (at, late) = (view.clock.time(first.began()), late.unwrap_or_default());
    let said = spoken(&first.title);
    let (said, times) = (said.trim_end_matches('.'), repeated(first));
    let mut text = format!("As far as the records show it began at {at}{late}: {said}{times}");
    let mut records = quotes::of_signal(first.signal);
    // A change of what failed that may have to do with it.
    let trigger = view.factors(FactorClass::Trigger).next();
    if let Some((factor, (_, before))) = trigger.and_then(|one| Some((one, one.statement.split_once(". Before it: ")?)))
    {
        let before = view.clock.shortened(before.split(". ").next().unwrap_or_default());
        text.push_str(&format!("; before it {before}"));
        records = self::records(view, factor);
    }
    vec![Part { text, records }]
}

/// The records of a factor, or the first of each of its signals.
fn records(view: &View, factor: &Factor) -> Vec<Citation> {
    if factor.evidence.is_empty() { view.first_records(&factor.signals) } else { factor.evidence.clone() }
}

fn first_sign(change: DateTime<Utc>, onset: Numbered<'_>) -> Part {
    let lag = times::between(change, onset.began());
    let when = match lag.num_seconds() {
        1.. => format!("came {} later", times::length(lag)),
        _ => "came at once".to_owned(),
    };
    let said = spoken(&onset.title);
    let text = format!("; the first sign {when}: {}", brief(&said, STEP_CHARS));
    Part { text, records: quotes::of_signal(onset.signal) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Moment, Subject};

    #[test]
    fn one_that_was_hurt_again_is_told_how_often_and_others_by_their_names() {
        let row = |whose: &str, state, subject| Impact {
            whose: whose.to_owned(),
            state,
            before: None,
            words: None,
            subjects: vec![subject],
            of: None,
            from: Moment::exact(DateTime::UNIX_EPOCH),
            end: End::Unknown,
            ended_last: None,
            is_given_up: false,
            last: DateTime::UNIX_EPOCH,
            in_place: 0,
            cascade: 0,
            linked: true,
            signals: Vec::new(),
            evidence: Vec::new(),
        };
        let service = |name| {
            let whose = format!("Service shop/{name}");
            row(&whose, ImpactState::NoEndpoint, Subject::namespaced("Endpoints", "shop", name))
        };
        let node = |name| row("node", ImpactState::NodeNotReady, Subject::cluster("Node", name));
        let told = |rows: &[Impact]| clause(&rows.iter().collect::<Vec<_>>());
        assert_eq!(told(&[service("a"), service("a")]), "Service shop/a had no ready endpoint twice");
        assert_eq!(
            told(&[service("a"), service("b"), service("a")]),
            "Services shop/a and shop/b had no ready endpoint"
        );
        assert_eq!(told(&[node("n-1"), node("n-2")]), "Node/n-1 and Node/n-2 were not ready");
    }
}
