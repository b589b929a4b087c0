//! The chart as plain shapes with their positions: lanes, marks, and arrows from cause to effect.

use super::axis::{Axis, Tick};
use super::lanes::{Group, lane_of};
use super::{NAME_CHARS, TEXT_CHARS, element_id};
use crate::model::Severity;
use crate::report::safe;
use crate::report::schema::{EdgeRow, EvidenceRow, SignalRow};
use crate::report::times;
use crate::report::view::{Branch, Grade, Row, View};
use chrono::{DateTime, TimeDelta, Utc};
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
    members: Vec<String>,
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
        let chosen = Chosen::new(view, &Axis::new(view)?);
        // What was left out may have been the far end.
        let axis = Axis::around(chosen.rows.iter().map(|(_, row)| *row)).or_else(|| Axis::new(view))?;
        let mut lanes: BTreeMap<Group, Vec<(String, Vec<Mark>)>> = BTreeMap::new();
        for (place, row) in &chosen.rows {
            let (group, name) = lane_of(row.layer, row.subject);
            let group = lanes.entry(group).or_default();
            let known = group.iter().position(|(lane, _)| *lane == name).unwrap_or_else(|| {
                group.push((name, Vec::new()));
                group.len() - 1
            });
            if let (Some((_, marks)), Some(mark)) = (group.get_mut(known), mark(view, &axis, row, *place)) {
                marks.push(mark);
            }
        }
        let (groups, height) = stacked(lanes);
        let marks = groups.iter().flat_map(|group| &group.lanes).flat_map(|lane| &lane.marks);
        let drawn: usize = marks.map(|mark| mark.members.len().max(1)).sum();
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
            let records: Vec<serde_json::Value> = mark
                .members
                .iter()
                .filter_map(|id| view.signal(id))
                .flat_map(|signal| signal.evidence.iter().take(3))
                .take(12)
                .map(record)
                .collect();
            let value = serde_json::json!({ "title": mark.tooltip, "label": mark.label, "records": records });
            signals.insert(mark.id.clone(), value);
        }
        let names = self.names();
        let edges: Vec<serde_json::Value> =
            view.report.edges.iter().filter_map(|edge| edge_data(edge, &names)).collect();
        serde_json::json!({ "signals": signals, "edges": edges }).to_string()
    }

    /// The element that stands for each signal.
    fn names(&self) -> BTreeMap<&str, &Mark> {
        names(&self.groups)
    }
}

fn names(groups: &[LaneGroup]) -> BTreeMap<&str, &Mark> {
    let marks = groups.iter().flat_map(|group| &group.lanes).flat_map(|lane| &lane.marks);
    marks.flat_map(|mark| mark.members.iter().map(move |id| (id.as_str(), mark))).collect()
}

fn record(evidence: &EvidenceRow) -> serde_json::Value {
    let place = safe::clean(&format!("{}:{}", evidence.entry, evidence.line), NAME_CHARS);
    serde_json::json!({ "place": place, "text": safe::clean(&evidence.text, TEXT_CHARS) })
}

fn edge_data(edge: &EdgeRow, names: &BTreeMap<&str, &Mark>) -> Option<serde_json::Value> {
    let (from, to) = (names.get(edge.from.as_str())?, names.get(edge.to.as_str())?);
    let lag = times::length_of_ms(edge.lag_ms);
    let lag = if edge.lag_ms < 0 { format!("{lag} before") } else { format!("{lag} after") };
    let grade = Grade::named(&edge.grade).name();
    Some(serde_json::json!({
        "from": from.id, "to": to.id, "grade": grade, "lag": lag, "why": safe::clean(&edge.why, TEXT_CHARS),
    }))
}

/// The rows to draw with their places in the view, in order of time.
struct Chosen<'v, 'a> {
    rows: Vec<(usize, &'v Row<'a>)>,
}

impl<'v, 'a> Chosen<'v, 'a> {
    fn new(view: &'v View<'a>, axis: &Axis) -> Self {
        let branches = view.trees.iter().flat_map(|tree| &tree.branches);
        // Those that share the mark of another.
        let followers: BTreeSet<&str> =
            branches.flat_map(|branch| &branch.alike).map(|alike| alike.id.as_str()).collect();
        let inside = view.rows.iter().enumerate().filter(|(_, row)| {
            let follows = row.id.is_some_and(|id| followers.contains(id));
            !follows && times::parse(row.at).is_some_and(|time| axis.holds(time))
        });
        let mut rows: Vec<(usize, &Row)> = inside.collect();
        let largest = view.report.cascades.first().map(|cascade| cascade.id.as_str());
        rows.sort_by_key(|(place, row)| {
            let in_largest = row.cascade.is_some() && row.cascade == largest;
            (std::cmp::Reverse((in_largest, row.severity, row.cascade.is_some(), row.layer == "change")), *place)
        });
        let mut lanes = BTreeSet::new();
        rows.retain(|(_, row)| {
            let lane = lane_of(row.layer, row.subject);
            lanes.contains(&lane) || (lanes.len() < MOST_LANES && lanes.insert(lane))
        });
        rows.truncate(MOST_MARKS);
        rows.sort_by_key(|(place, _)| *place);
        Self { rows }
    }
}

fn mark(view: &View, axis: &Axis, row: &Row, place: usize) -> Option<Mark> {
    let time = times::parse(row.at)?;
    let at = axis.place(time);
    let branches = view.trees.iter().flat_map(|tree| &tree.branches);
    let branch = row.id.and_then(|id| branches.into_iter().find(|branch| branch.signal.id == id));
    let signal = row.id.and_then(|id| view.signal(id));
    let (end, open) = match ended(time, signal, branch) {
        Some(until) => (axis.place(until), axis.ends_before(until)),
        None => (100.0, true),
    };
    let bound = signal.map_or(0, |signal| i64::from(signal.uncertainty_ms));
    let bound = TimeDelta::milliseconds(bound);
    let alike = branch.map_or(0, |branch| branch.alike.len());
    // A change that is no signal has no telling name.
    let name = safe::clean(if row.id.is_some() { row.signal } else { row.title }, 40);
    let label = match (alike, row.count) {
        (0, ..=1) => name,
        (0, count) => format!("{name} × {count}"),
        (more, _) => format!("{name} on {}", more + 1),
    };
    let subject = safe::clean(row.subject, NAME_CHARS);
    let title = safe::clean(row.title, TEXT_CHARS);
    let members = row.id.into_iter().map(str::to_owned);
    let members =
        members.chain(branch.into_iter().flat_map(|branch| branch.alike.iter().map(|alike| alike.id.clone())));
    Some(Mark {
        id: row.id.map_or_else(|| format!("change-{place}"), element_id),
        x: percent(at),
        y: 0,
        bar: (end - at > 0.05).then(|| percent(end - at)),
        open,
        whisker: row
            .uncertainty
            .as_ref()
            .map(|_| (percent(axis.place(time - bound)), percent(axis.place(time + bound)))),
        label,
        label_before: false,
        severity: row.severity,
        apart: row.cascade.is_none() && row.layer != "change",
        tooltip: format!("{} {} on {subject}: {title}", view.clock.time(row.at), safe::clean(row.signal, 60)),
        at,
        end,
        members: members.collect(),
    })
}

/// When the last of those that share a mark ended; none while one goes on.
fn ended(at: DateTime<Utc>, signal: Option<&SignalRow>, branch: Option<&Branch>) -> Option<DateTime<Utc>> {
    let alike = branch.into_iter().flat_map(|branch| branch.alike.iter().copied());
    let mut last = at;
    for signal in signal.into_iter().chain(alike) {
        last = last.max(times::parse(signal.to.as_deref()?)?);
    }
    Some(last)
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
    for edge in &view.report.edges {
        let (Some(from), Some(to)) = (names.get(edge.from.as_str()), names.get(edge.to.as_str())) else { continue };
        if from.id == to.id || !seen.insert((from.id.as_str(), to.id.as_str())) {
            continue;
        }
        arrows.push(arrow(from, to, Grade::named(&edge.grade)));
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
