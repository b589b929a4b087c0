//! The timeline as a trace for Perfetto: its protobuf (`protos/perfetto/trace/`, v50 and later), which ui.perfetto.dev and
//! its trace processor read.
//!
//! A track for each subject, on which each signal is a slice; where signals of a subject last at once, there are further
//! tracks of its name, which Perfetto shows as one. An arrow leads from what led to it. Times are of the real-time
//! clock, which the trace says is its clock of boot time, as that is what Perfetto shows.

mod lanes;
mod protobuf;

use super::graph::graph;
use super::moment::nanoseconds;
use super::read::Exported;
use super::rows::{Row, rows};
use crate::report::safe;
use crate::report::schema::EdgeRow;
use lanes::{Slice, lanes};
use protobuf::Message;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The longest text.
const MOST_CHARS: usize = 1_000;
/// Records that a slice names.
const MOST_RECORDS: usize = 8;
/// All packets are of one sequence.
const SEQUENCE: u64 = 1;
/// Tracks have numbers: all subjects, all counters, how much is in trouble, and the subjects after them.
const SUBJECTS: u64 = 1;
const TROUBLE: u64 = 2;
const FIRST: u64 = 16;

// Values of `TrackEvent.Type`, `TrackDescriptor.ChildTracksOrdering` and `BuiltinClock`.
const BEGIN: u64 = 1;
const END: u64 = 2;
const COUNTER: u64 = 4;
const EXPLICIT: u64 = 3;
const REAL_TIME: u64 = 1;
const BOOT_TIME: u64 = 6;

/// What happens on a track at a time.
struct Happening {
    at: u64,
    /// Of the row it is of.
    row: usize,
    track: u64,
    begins: bool,
}

pub fn write(of: &Exported, out: &mut dyn Write) -> io::Result<()> {
    let rows = rows(of);
    let mut subjects: BTreeMap<&str, Vec<Slice>> = BTreeMap::new();
    for (number, row) in rows.iter().enumerate() {
        if let Some(slice) = slice(number, row) {
            subjects.entry(row.subject).or_default().push(slice);
        }
    }
    // Who was seen first is on top.
    let mut ordered: Vec<(u64, &str, Vec<Slice>)> = Vec::new();
    for (subject, slices) in subjects {
        ordered.push((slices.first().map_or(0, |slice| slice.from), subject, slices));
    }
    ordered.sort_by_key(|(first, subject, _)| (*first, *subject));
    packet(out, &clocks(ordered.first().map_or(0, |(first, _, _)| *first)))?;
    packet(out, &track(SUBJECTS, None, "Subjects", Some(0)))?;
    packet(out, &counter())?;
    let mut happenings = Vec::new();
    let mut next = FIRST;
    for (_, subject, slices) in &ordered {
        for lane in lanes(slices) {
            packet(out, &track(next, Some(SUBJECTS), &safe::clean(subject, 200), Some(next)))?;
            happenings.extend(lane.iter().flat_map(|slice| ends(slice, next)));
            next += 1;
        }
    }
    happenings.sort_by_key(|happening| happening.at);
    let arrows = Arrows::new(of, &rows, &happenings);
    for happening in &happenings {
        let Some(row) = rows.get(happening.row) else { continue };
        packet(out, &event(happening, row, &arrows))?;
    }
    trouble(&rows, out)
}

/// Where a row lasts; none without a time.
fn slice(row: usize, of: &Row) -> Option<Slice> {
    let from = nanoseconds(of.from)?;
    let goes_on = of.kind == "signal" && of.to.is_none();
    let to = of.to.and_then(nanoseconds).unwrap_or(from).max(from);
    Some(Slice { row, from, to: (!goes_on).then_some(to) })
}

fn ends(slice: &Slice, track: u64) -> Vec<Happening> {
    let happening = |at, begins| Happening { at, row: slice.row, track, begins };
    let end = slice.to.map(|to| happening(to, false));
    [happening(slice.from, true)].into_iter().chain(end).collect()
}

/// `TracePacket.clock_snapshot`: both clocks are one.
fn clocks(at: u64) -> Message {
    let mut snapshot = Message::default();
    for clock in [REAL_TIME, BOOT_TIME] {
        let mut one = Message::default();
        one.number(1, clock).number(2, at);
        snapshot.message(1, &one);
    }
    let mut packet = of_sequence();
    packet.number(8, at).message(6, &snapshot);
    packet
}

/// `TracePacket.track_descriptor`.
fn track(uuid: u64, parent: Option<u64>, name: &str, rank: Option<u64>) -> Message {
    let mut descriptor = Message::default();
    descriptor.number(1, uuid).text(2, name);
    match parent {
        Some(parent) => descriptor.number(5, parent),
        None => descriptor.number(11, EXPLICIT),
    };
    if let Some(rank) = rank {
        descriptor.number(12, rank);
    }
    let mut packet = of_sequence();
    packet.message(60, &descriptor);
    packet
}

/// The track that counts: `TrackDescriptor.counter`.
fn counter() -> Message {
    let mut unit = Message::default();
    unit.text(6, "subjects");
    let mut descriptor = Message::default();
    descriptor.number(1, TROUBLE).text(2, "Subjects in trouble").message(8, &unit);
    let mut packet = of_sequence();
    packet.message(60, &descriptor);
    packet
}

/// `TracePacket.track_event`.
fn event(happening: &Happening, row: &Row, arrows: &Arrows) -> Message {
    let mut event = Message::default();
    event.number(9, if happening.begins { BEGIN } else { END }).number(11, happening.track);
    if happening.begins {
        let name = if row.name.is_empty() { "Changed" } else { row.name };
        event.text(22, if row.severity.is_empty() { row.kind } else { row.severity });
        event.text(23, &safe::clean(name, 200));
        let annotations = [("id", row.id), ("title", row.title), ("node", row.node), ("cascade", row.cascade)];
        annotations.iter().for_each(|(name, value)| annotate(&mut event, name, value));
        for place in row.places().take(MOST_RECORDS) {
            annotate(&mut event, "record", &place);
        }
        for why in arrows.whys.get(&happening.row).into_iter().flatten() {
            annotate(&mut event, "led to by", why);
        }
        for arrow in arrows.from.get(&happening.row).into_iter().flatten() {
            event.fixed(47, *arrow);
        }
        for arrow in arrows.to.get(&happening.row).into_iter().flatten() {
            event.fixed(48, *arrow);
        }
    }
    let mut packet = of_sequence();
    packet.number(8, happening.at).message(11, &event);
    packet
}

/// `TrackEvent.debug_annotations`, if there is something to say.
fn annotate(event: &mut Message, name: &str, value: &str) {
    if !value.is_empty() {
        let mut annotation = Message::default();
        annotation.text(10, name).text(6, &safe::clean(value, MOST_CHARS));
        event.message(4, &annotation);
    }
}

/// Arrows by the rows they lead from and to, and what is said of the links.
#[derive(Default)]
struct Arrows {
    from: BTreeMap<usize, Vec<u64>>,
    to: BTreeMap<usize, Vec<u64>>,
    whys: BTreeMap<usize, Vec<String>>,
}

impl Arrows {
    /// Perfetto leads an arrow from what stands first in the trace, so a cause that was noticed after its effect has none.
    fn new(of: &Exported, rows: &[Row], happenings: &[Happening]) -> Self {
        let by_id: BTreeMap<&str, usize> =
            rows.iter().enumerate().filter(|(_, row)| !row.id.is_empty()).map(|(row, of)| (of.id, row)).collect();
        let begins = happenings.iter().enumerate().filter(|(_, happening)| happening.begins);
        let order: BTreeMap<usize, usize> = begins.map(|(place, happening)| (happening.row, place)).collect();
        let row_of = |signal: usize| by_id.get(of.signals.get(signal)?.id.as_str()).copied();
        let mut arrows = Self::default();
        for (number, (from, to, edge)) in graph(of).edges.into_iter().enumerate() {
            let (Some(from), Some(to)) = (row_of(from), row_of(to)) else { continue };
            let cause = rows.get(from).map_or("", |row| row.id);
            arrows.whys.entry(to).or_default().push(why(cause, edge));
            let (Some(first), Some(then)) = (order.get(&from), order.get(&to)) else { continue };
            if first < then {
                let arrow = number as u64 + 1;
                arrows.from.entry(from).or_default().push(arrow);
                arrows.to.entry(to).or_default().push(arrow);
            }
        }
        arrows
    }
}

fn why(cause: &str, edge: &EdgeRow) -> String {
    format!("{cause} ({}): {}", edge.grade, edge.why)
}

/// How many subjects are in trouble (severity warning or worse), whenever that changes.
fn trouble(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    let mut changes: Vec<(u64, i8, &str)> = Vec::new();
    for row in rows.iter().filter(|row| ["warning", "error", "fatal"].contains(&row.severity)) {
        let Some(slice) = slice(0, row) else { continue };
        changes.push((slice.from, 1, row.subject));
        changes.extend(slice.to.map(|to| (to, -1, row.subject)));
    }
    // What begins counts before what ends, so that a moment is seen.
    changes.sort_by_key(|(at, by, _)| (*at, -*by));
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, by, subject) in changes {
        let count = open.entry(subject).or_default();
        *count = if by > 0 { *count + 1 } else { count.saturating_sub(1) };
        if *count == 0 {
            open.remove(subject);
        }
        let mut event = Message::default();
        event.number(9, COUNTER).number(11, TROUBLE).number(30, open.len() as u64);
        let mut one = of_sequence();
        one.number(8, at).message(11, &event);
        packet(out, &one)?;
    }
    Ok(())
}

fn of_sequence() -> Message {
    let mut packet = Message::default();
    packet.number(10, SEQUENCE);
    packet
}

/// `Trace.packet`.
fn packet(out: &mut dyn Write, packet: &Message) -> io::Result<()> {
    let mut trace = Message::default();
    trace.message(1, packet);
    out.write_all(trace.bytes())
}
