//! The chart as plain shapes with their positions: lanes, marks, and arrows from cause to effect.

use super::axis::{Axis, Tick};
use super::lanes::{Group, lane_of};
use super::{NAME_CHARS, TEXT_CHARS};
use crate::cascade::Edge;
use crate::evidence::Evidence;
use crate::model::{Citation, Severity};
use crate::report::view::{Branch, Grade, Row, View};
use crate::report::{quotes, safe, times};
use crate::signals::Role;
use chrono::{DateTime, TimeDelta, Utc};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// More marks than this are fog; the table has the rest.
const MOST_MARKS: usize = 400;
const MOST_LANES: usize = 60;
const MOST_ROWS_IN_LANE: usize = 6;
const AXIS_HEIGHT: u32 = 30;
const GROUP_HEIGHT: u32 = 28;
const ROW_HEIGHT: u32 = 24;
const LANE_PADDING: u32 = 4;
/// Labels are placed as if the chart were this wide, in pixels for each per cent; narrower charts hide them.
const PIXELS: f64 = 10.0;
const LETTER: f64 = 6.6 / PIXELS;
const MARK: f64 = 12.0 / PIXELS;

pub struct Picture {
    pub height: u32,
    pub groups: Vec<LaneGroup>,
    pub ticks: Vec<Tick>,
    pub arrows: Vec<Arrow>,
    pub not_drawn: usize,
    pub description: String,
}

pub struct LaneGroup {
    pub title: String,
    pub top: u32,
    pub lanes: Vec<Lane>,
}

pub struct Lane {
    pub name: String,
    pub top: u32,
    pub height: u32,
    pub rows: usize,
    pub marks: Vec<Mark>,
}

/// A signal: a mark at its onset, a bar for as long as it went on.
#[expect(clippy::struct_excessive_bools, reason = "each is a class of its own in the template")]
pub struct Mark {
    pub id: String,
    pub x: String,
    pub y: u32,
    pub bar: Option<String>,
    /// It goes on beyond the chart.
    pub open: bool,
    /// The bound of its onset's error, from and to.
    pub whisker: Option<(String, String)>,
    pub label: String,
    pub label_before: bool,
    pub severity: Severity,
    /// No part of a cascade, and no change that may have led to one.
    pub apart: bool,
    pub tooltip: String,
    at: f64,
    end: f64,
    /// The signals that share it.
    members: Vec<usize>,
}

/// An arrow between two marks; `path` is on a plane 1,000 wide and as high as the chart.
pub struct Arrow {
    pub from: String,
    pub to: String,
    pub grade: &'static str,
    pub path: String,
    pub x: String,
    pub y: u32,
    /// Where its head points: `down`, `up` or `right`.
    pub heading: &'static str,
}

impl Picture {
    /// None where there is no row with a time.
    pub fn new(view: &View) -> Option<Self> {
        let chosen = chosen(view, &Axis::new(view)?);
        // What was left out may have been the far end.
        let axis = Axis::around(chosen.iter().copied()).or_else(|| Axis::new(view))?;
        let branches = branches(view);
        let mut lanes: BTreeMap<Group, Vec<(String, Vec<Mark>)>> = BTreeMap::new();
        for row in chosen {
            let (group, name) = lane_of(&row.signal);
            let group = lanes.entry(group).or_default();
            let known = group.iter().position(|(lane, _)| *lane == name).unwrap_or_else(|| {
                group.push((name, Vec::new()));
                group.len() - 1
            });
            if let Some((_, marks)) = group.get_mut(known) {
                marks.push(mark(view, &axis, row, branches.get(&row.signal.index).copied()));
            }
        }
        let (groups, height) = stacked(lanes);
        let marks = groups.iter().flat_map(|group| &group.lanes).flat_map(|lane| &lane.marks);
        let drawn: usize = marks.map(|mark| mark.members.len()).sum();
        let description =
            format!("{drawn} rows as marks in lanes, one lane for each subject; arrows lead from cause to effect.");
        let not_drawn = view.rows.len().saturating_sub(drawn);
        let arrows = arrows(view, &groups);
        Some(Self { height, groups, ticks: axis.ticks(), arrows, not_drawn, description })
    }

    /// What the script shows: each mark's words, records, causes and effects.
    pub fn data(&self, view: &View) -> String {
        let mut signals = serde_json::Map::new();
        for mark in self.groups.iter().flat_map(|group| &group.lanes).flat_map(|lane| &lane.marks) {
            let records: Vec<serde_json::Value> = view
                .signals(&mark.members)
                .flat_map(|signal| quotes::of_signal(&signal).into_iter().take(3))
                .take(12)
                .map(|citation| record(view.evidence(), citation))
                .collect();
            let value = serde_json::json!({ "title": mark.tooltip, "label": mark.label, "records": records });
            signals.insert(mark.id.clone(), value);
        }
        let names = self.names();
        let edges: Vec<serde_json::Value> =
            view.analysis().edges.iter().filter_map(|edge| edge_data(edge, &names)).collect();
        serde_json::json!({ "signals": signals, "edges": edges }).to_string()
    }

    /// The element that stands for each signal.
    fn names(&self) -> BTreeMap<usize, &Mark> {
        names(&self.groups)
    }
}

fn names(groups: &[LaneGroup]) -> BTreeMap<usize, &Mark> {
    let marks = groups.iter().flat_map(|group| &group.lanes).flat_map(|lane| &lane.marks);
    marks.flat_map(|mark| mark.members.iter().map(move |index| (*index, mark))).collect()
}

fn record(evidence: &Evidence, citation: Citation) -> serde_json::Value {
    let record = super::record(evidence, citation);
    serde_json::json!({ "place": record.place, "text": record.text })
}

fn edge_data(edge: &Edge, names: &BTreeMap<usize, &Mark>) -> Option<serde_json::Value> {
    let (from, to) = (names.get(&edge.from)?, names.get(&edge.to)?);
    let lag = times::length_of_ms(edge.lag_ms);
    let lag = if edge.lag_ms < 0 { format!("{lag} before") } else { format!("{lag} after") };
    let grade = edge.grade.name();
    Some(serde_json::json!({
        "from": from.id, "to": to.id, "grade": grade, "lag": lag, "why": safe::clean(&edge.why, TEXT_CHARS),
    }))
}

/// The line of a tree that each of its first signals leads.
fn branches<'v, 'a>(view: &'v View<'a>) -> BTreeMap<usize, &'v Branch<'a>> {
    let branches = view.trees.iter().flat_map(|tree| &tree.branches);
    branches.map(|branch| (branch.signal.index, branch)).collect()
}

/// The rows to draw, in order of time: without those that share the mark of another.
fn chosen<'v, 'a>(view: &'v View<'a>, axis: &Axis) -> Vec<&'v Row<'a>> {
    let follows = |row: &Row| {
        let tree = row.cascade.and_then(|number| view.trees.get(number));
        tree.is_some_and(|tree| tree.is_alike(row.signal.index))
    };
    let inside = view.rows.iter().enumerate().filter(|(_, row)| axis.holds(row.at) && !follows(row));
    let mut rows: Vec<(usize, &Row)> = inside.collect();
    rows.sort_by_key(|(place, row)| {
        let change = row.signal.has(Role::Change);
        (Reverse((row.cascade == Some(0), row.signal.severity, row.cascade.is_some(), change)), *place)
    });
    let mut lanes = BTreeSet::new();
    rows.retain(|(_, row)| {
        let lane = lane_of(&row.signal);
        lanes.contains(&lane) || (lanes.len() < MOST_LANES && lanes.insert(lane))
    });
    rows.truncate(MOST_MARKS);
    rows.sort_by_key(|(place, _)| *place);
    rows.into_iter().map(|(_, row)| row).collect()
}

fn mark(view: &View, axis: &Axis, row: &Row, branch: Option<&Branch>) -> Mark {
    let signal = row.signal;
    let at = axis.place(row.at);
    let alike = branch.map(|branch| branch.alike.as_slice()).unwrap_or_default();
    let members = || std::iter::once(signal).chain(alike.iter().copied());
    let (end, open) = match ended(row.at, members().map(|one| one.signal.until())) {
        Some(until) => (axis.place(until), axis.ends_before(until)),
        None => (100.0, true),
    };
    let [earlier, later] =
        [signal.from.earlier_ms, signal.from.later_ms].map(|bound| TimeDelta::milliseconds(i64::from(bound)));
    let name = safe::clean(&signal.name, 40);
    let label = match (alike.len(), signal.count) {
        (0, ..=1) => name,
        (0, count) => format!("{name} × {count}"),
        (more, _) => format!("{name} on {}", more + 1),
    };
    let subject = safe::clean(&signal.subject.to_string(), NAME_CHARS);
    let title = safe::clean(&signal.title, TEXT_CHARS);
    let whisker = || (percent(axis.place(row.at - earlier)), percent(axis.place(row.at + later)));
    Mark {
        id: signal.id(),
        x: percent(at),
        y: 0,
        bar: (end - at > 0.05).then(|| percent(end - at)),
        open,
        whisker: signal.uncertainty().map(|_| whisker()),
        label,
        label_before: false,
        severity: signal.severity,
        apart: row.cascade.is_none() && !signal.has(Role::Change),
        tooltip: format!("{} {} on {subject}: {title}", view.clock.time(row.at), safe::clean(&signal.name, 60)),
        at,
        end,
        members: members().map(|one| one.index).collect(),
    }
}

/// When the last of those that share a mark ended; none while one goes on.
fn ended(began: DateTime<Utc>, mut ends: impl Iterator<Item = Option<DateTime<Utc>>>) -> Option<DateTime<Utc>> {
    ends.try_fold(began, |last, end| Some(last.max(times::shown(end?))))
}

fn percent(value: f64) -> String {
    format!("{value:.3}%")
}

/// Gives every mark a row of its lane in which neither mark nor label meets another, and every lane its place.
fn stacked(lanes: BTreeMap<Group, Vec<(String, Vec<Mark>)>>) -> (Vec<LaneGroup>, u32) {
    let mut groups = Vec::new();
    let mut top = AXIS_HEIGHT;
    for (group, lanes) in lanes {
        let group_top = top;
        top += GROUP_HEIGHT;
        let mut placed = Vec::new();
        for (name, mut marks) in lanes {
            let rows = spread(&mut marks, top + LANE_PADDING / 2 + ROW_HEIGHT / 2);
            let height = ROW_HEIGHT * rows as u32 + LANE_PADDING;
            placed.push(Lane { name, top, height, rows, marks });
            top += height;
        }
        groups.push(LaneGroup { title: group.title(), top: group_top, lanes: placed });
    }
    (groups, top + 8)
}

/// Sets the height of each mark and the side of its label; the number of rows it took.
fn spread(marks: &mut [Mark], first: u32) -> usize {
    let mut taken: Vec<Vec<(f64, f64)>> = Vec::new();
    for mark in marks {
        let label = MARK + mark.label.chars().count() as f64 * LETTER;
        mark.label_before = mark.at + label > 100.0 && mark.at - label > 0.0;
        let from = mark.at - if mark.label_before { label } else { MARK };
        let to = mark.end.max(mark.at + if mark.label_before { MARK } else { label });
        let free = |row: &Vec<(f64, f64)>| row.iter().all(|(start, end)| to < *start || *end < from);
        let row = taken.iter().position(free).unwrap_or(taken.len());
        let row = if row < MOST_ROWS_IN_LANE {
            row
        } else {
            // No room left: the mark stays, its words are in the tooltip.
            mark.label.clear();
            MOST_ROWS_IN_LANE - 1
        };
        if taken.len() <= row {
            taken.push(Vec::new());
        }
        if let Some(row) = taken.get_mut(row) {
            row.push((from, to));
        }
        mark.y = first + ROW_HEIGHT * row as u32;
    }
    taken.len().max(1)
}

fn arrows(view: &View, groups: &[LaneGroup]) -> Vec<Arrow> {
    let names = names(groups);
    let mut seen = BTreeSet::new();
    let mut arrows = Vec::new();
    for edge in &view.analysis().edges {
        let (Some(from), Some(to)) = (names.get(&edge.from), names.get(&edge.to)) else { continue };
        if from.id == to.id || !seen.insert((from.id.as_str(), to.id.as_str())) {
            continue;
        }
        arrows.push(arrow(from, to, edge.grade));
    }
    arrows
}

fn arrow(from: &Mark, to: &Mark, grade: Grade) -> Arrow {
    let (x1, x2) = (from.at * 10.0, to.at * 10.0);
    let (y1, y2) = (from.y, to.y);
    let middle = (f64::from(y1) + f64::from(y2)) / 2.0;
    let path = if y1 == y2 {
        format!("M{x1:.1} {y1}H{x2:.1}")
    } else {
        format!("M{x1:.1} {y1}C{x1:.1} {middle:.1} {x2:.1} {middle:.1} {x2:.1} {y2}")
    };
    let heading = match y1.cmp(&y2) {
        std::cmp::Ordering::Less => "down",
        std::cmp::Ordering::Equal => "right",
        std::cmp::Ordering::Greater => "up",
    };
    Arrow { from: from.id.clone(), to: to.id.clone(), grade: grade.name(), path, x: to.x.clone(), y: to.y, heading }
}
