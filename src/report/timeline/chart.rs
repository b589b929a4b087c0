//! What the script draws: lanes, marks, arrows, states, gaps and curves, as plain data. Times are milliseconds since 1970.

use super::clock::ms;
use super::clocks::{self, Moved, SetClock};
use super::curves::{self, Curve};
use super::gaps::{self, Gap};
use super::sections::{Bundle, Layout};
use super::states::{self, State};
use super::{NAME_CHARS, TEXT_CHARS};
use crate::cascade::Edge;
use crate::model::{End, Severity};
use crate::report::view::{Row, View};
use crate::report::{against, safe, times};
use crate::signals::Role;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub struct Chart {
    /// The window of the records.
    window: (i64, i64),
    /// From the first to the last onset of the largest cascade.
    span: Option<(i64, i64)>,
    /// The one day on which all of it was.
    day: Option<String>,
    sections: Vec<SectionRow>,
    lanes: Vec<LaneRow>,
    bundles: Vec<BundleRow>,
    /// In order of time.
    marks: Vec<Mark>,
    edges: Vec<EdgeRow>,
    states: Vec<State>,
    gaps: Vec<Gap>,
    curves: Vec<Curve>,
    /// When clocks of nodes were set.
    set: Vec<SetClock>,
}

#[derive(Serialize)]
struct SectionRow {
    title: String,
    folded: bool,
    lanes: Vec<usize>,
}

#[derive(Serialize)]
struct LaneRow {
    kind: String,
    ns: String,
    name: String,
    bundle: Option<usize>,
}

#[derive(Serialize)]
struct BundleRow {
    title: String,
    kind: String,
    lanes: usize,
}

/// A signal.
#[derive(Serialize)]
pub struct Mark {
    id: String,
    lane: usize,
    at: i64,
    /// It may have begun so much earlier or later; none where it may have at any time before.
    early: Option<u32>,
    late: u32,
    /// What was taken from its time for a clock that was off, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved: Option<Moved>,
    /// None while it goes on.
    until: Option<i64>,
    /// From 0, which is `info`.
    sev: u8,
    /// From 1; 0 where it is in none.
    chain: usize,
    /// What it is, where that matters to a query: `change`, `alert`, `gap`, `harm`.
    role: &'static str,
    name: String,
    of: String,
    node: String,
    title: String,
    /// What a change made of its object.
    what: String,
    count: u64,
}

/// What led to what, by the numbers of the marks.
#[derive(Serialize)]
struct EdgeRow {
    from: usize,
    to: usize,
    grade: &'static str,
    lag: String,
    why: String,
    /// Its link, under which `links` of the bodies says where it is known from.
    link: String,
    /// What speaks against it, and the mark that does, if one does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    against: Vec<(Option<usize>, String)>,
}

impl Chart {
    /// None where there is no row.
    pub fn new(view: &View) -> Option<Self> {
        let layout = Layout::new(view);
        let changed = changed(view);
        let what = |row: &Row| changed.get(&row.signal.index).map(Vec::as_slice).unwrap_or_default().join("; ");
        let rows = view.rows.iter().zip(&layout.lane_of_row);
        let marks: Vec<Mark> = rows.map(|(row, lane)| mark(view, row, *lane, &what(row))).collect();
        if marks.is_empty() {
            return None;
        }
        let onsets = || view.rows.iter().filter(|row| row.cascade == Some(0)).map(|row| ms(row.at));
        let window = view.evidence().window;
        Some(Self {
            window: (ms(window.from), ms(window.to)),
            span: onsets().min().zip(onsets().max()),
            day: view.clock.day(),
            edges: edges(view),
            states: states::of_lanes(view, &layout),
            gaps: gaps::of_lanes(view, &layout),
            curves: curves::cited(view, &layout),
            set: clocks::set(view, &layout),
            sections: layout
                .sections
                .into_iter()
                .map(|one| SectionRow { title: one.title, folded: one.folded, lanes: one.lanes })
                .collect(),
            bundles: layout.bundles.into_iter().map(bundle).collect(),
            lanes: layout
                .lanes
                .into_iter()
                .map(|lane| LaneRow {
                    kind: lane.whom.kind,
                    ns: lane.whom.namespace,
                    name: lane.whom.name,
                    bundle: lane.bundle,
                })
                .collect(),
            marks,
        })
    }
}

fn bundle(one: Bundle) -> BundleRow {
    BundleRow { title: one.title, kind: one.kind, lanes: one.lanes }
}

/// What each signal of a change says of it.
fn changed<'v>(view: &'v View) -> BTreeMap<usize, Vec<&'v str>> {
    let mut changed: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for change in &view.changes {
        changed.entry(change.signal.index).or_default().push(change.what);
    }
    changed
}

fn mark(view: &View, row: &Row, lane: usize, what: &str) -> Mark {
    let signal = row.signal;
    Mark {
        id: signal.id(),
        lane,
        at: ms(row.at),
        early: Some(signal.from.earlier_ms).filter(|early| *early < u32::MAX),
        late: signal.from.later_ms,
        moved: clocks::moved(view, signal.from),
        until: match signal.end {
            End::Ongoing => None,
            End::At(_) | End::Unknown => signal.until().map(|until| ms(until).max(ms(row.at))),
        },
        sev: match signal.severity {
            Severity::Info => 0,
            Severity::Warning => 1,
            Severity::Error => 2,
            Severity::Fatal => 3,
        },
        chain: row.cascade.map_or(0, |number| number + 1),
        role: match () {
            () if signal.has(Role::Gap) => "gap",
            () if signal.has(Role::Change) => "change",
            () if signal.has(Role::Alert) => "alert",
            () if signal.has(Role::Unready) || signal.has(Role::NodeUnready) => "unready",
            () => "",
        },
        name: safe::clean(&signal.name, 60),
        of: safe::clean(&signal.subject.to_string(), NAME_CHARS),
        node: safe::clean(signal.node.as_deref().unwrap_or_default(), NAME_CHARS),
        title: safe::clean(&signal.title, TEXT_CHARS),
        what: safe::clean(what, TEXT_CHARS),
        count: signal.count,
    }
}

/// The numbers of the marks, by signal.
pub fn numbers(view: &View) -> BTreeMap<usize, usize> {
    view.rows.iter().enumerate().map(|(number, row)| (row.signal.index, number)).collect()
}

/// How long after its cause an effect began, in words.
pub fn lag(ms: i64) -> String {
    let lag = times::length_of_ms(ms.saturating_abs());
    if ms < 0 { format!("{lag} before") } else { format!("{lag} after") }
}

/// What speaks against a step: signals, and what it shows of itself.
fn against(view: &View, edge: &Edge, numbers: &BTreeMap<usize, usize>) -> Vec<(Option<usize>, String)> {
    let told =
        edge.against.iter().map(|doubt| (numbers.get(&doubt.signal).copied(), safe::clean(&doubt.why, TEXT_CHARS)));
    let bound = |index: usize| view.signal(index).map_or(0, |signal| signal.from.uncertainty_ms());
    let of_step = against::of_step(edge.grade, edge.lag_ms, bound(edge.from).max(bound(edge.to)));
    told.chain(of_step.into_iter().map(|why| (None, why))).collect()
}

fn edges(view: &View) -> Vec<EdgeRow> {
    let numbers = numbers(view);
    let row = |edge: &Edge| {
        Some(EdgeRow {
            from: *numbers.get(&edge.from)?,
            to: *numbers.get(&edge.to)?,
            grade: edge.grade.name(),
            lag: lag(edge.lag_ms),
            why: safe::clean(&edge.why, TEXT_CHARS),
            link: safe::clean(&edge.link, NAME_CHARS),
            against: against(view, edge, &numbers),
        })
    };
    view.analysis().edges.iter().filter_map(row).collect()
}
