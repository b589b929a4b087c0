//! `timeline.html`: the cascade as one page that needs no network and no script.
//!
//! Swim lanes in plain SVG, with positions in per cent of the width, so that the page fits any screen and zooming is
//! a wider picture. The script only adds: it shows a signal's records and kin, filters and zooms. The page's policy lets
//! nothing load and nothing run but its own style and script, named by their hashes.

mod axis;
mod lanes;
mod picture;

use super::view::{Row, View};
use super::{Analyzed, names, quotes, safe, times};
use crate::cascade::{FactorClass, Motif, motif_class};
use crate::evidence::Evidence;
use crate::model::{Citation, End, Severity, rfc3339};
use askama::Template;
use picture::Picture;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("../../../templates/timeline.css");
const SCRIPT: &str = include_str!("../../../templates/timeline.js");
const NAME_CHARS: usize = 160;
const TEXT_CHARS: usize = 400;
/// A browser slows down beyond this; the whole list is in `report.json`.
const TABLE_ROWS: usize = 5_000;

#[derive(Template)]
#[template(path = "timeline.html")]
struct Page {
    policy: String,
    style: &'static str,
    script: &'static str,
    title: String,
    facts: Vec<(&'static str, String)>,
    motifs: Vec<String>,
    picture: Option<Picture>,
    rows: Vec<TableRow>,
    rows_left_out: usize,
    missing: Vec<MissingRow>,
    /// Said where there is no chart.
    nothing: String,
    unknown: Vec<UnknownRow>,
    not_read: String,
    data: String,
}

struct UnknownRow {
    count: u64,
    severity: Severity,
    words: String,
    subjects: String,
    when: String,
    record: Record,
}

struct TableRow {
    id: String,
    time: String,
    uncertainty: String,
    lasted: String,
    chain: String,
    severity: Severity,
    subject: String,
    signal: String,
    count: u64,
    title: String,
    records: Vec<Record>,
}

struct Record {
    place: String,
    text: String,
}

struct MissingRow {
    source: String,
    status: &'static str,
    subjects: String,
    why: String,
    limits: &'static str,
}

/// The page.
pub fn write(of: &Analyzed) -> String {
    let view = View::new(of);
    let picture = Picture::new(&view);
    let page = Page {
        policy: policy(),
        style: STYLE,
        script: SCRIPT,
        title: title(&view),
        facts: facts(&view, picture.as_ref()),
        motifs: courses(of).take(5).map(|motif| safe::clean(&motif.statement, TEXT_CHARS)).collect(),
        data: picture.as_ref().map(|picture| safe::json_in_html(&picture.data(&view))).unwrap_or_default(),
        picture,
        rows: view.rows.iter().take(TABLE_ROWS).map(|row| table_row(&view, row)).collect(),
        rows_left_out: view.rows.len().saturating_sub(TABLE_ROWS),
        missing: missing(&view),
        nothing: match view.absences.harm().is_whole() {
            true => "Nothing failed: no pod, node or Service was seen to be hurt.".to_owned(),
            false => "No failure was recognised. What was not collected or not understood may hold one.".to_owned(),
        },
        unknown: unknown(&view),
        not_read: not_read(&view),
    };
    // Rendering writes to a String, which cannot fail.
    page.render().unwrap_or_default()
}

/// Nothing is loaded from anywhere; only this style and this script apply.
fn policy() -> String {
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    format!("default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'")
}

fn hash(text: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(text.as_bytes())))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |place: usize| u32::from(chunk.get(place).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4_usize {
            let index = (bits >> (18 - 6 * place) & 0x3f) as usize;
            let letter = LETTERS.get(index).map_or('=', |letter| char::from(*letter));
            text.push(if place > chunk.len() { '=' } else { letter });
        }
    }
    text
}

fn title(view: &View) -> String {
    match view.largest() {
        Some(cascade) => safe::clean(&cascade.headline, TEXT_CHARS),
        None if view.absences.harm().is_whole() => "Nothing failed".to_owned(),
        None => "No failure recognised".to_owned(),
    }
}

fn facts(view: &View, picture: Option<&Picture>) -> Vec<(&'static str, String)> {
    let evidence = view.evidence();
    let mut facts = vec![
        ("Archive", safe::clean(&evidence.archive, NAME_CHARS)),
        ("Cluster", safe::clean(&names::cluster(evidence), NAME_CHARS)),
        ("Window", format!("{} to {}", rfc3339(evidence.window.from), rfc3339(evidence.window.to))),
    ];
    if let Some(onset) = view.detection.onset {
        let signal = safe::clean(&onset.name, NAME_CHARS);
        let subject = safe::clean(&onset.subject.to_string(), NAME_CHARS);
        facts.push(("First sign", format!("{} {signal} on {subject}", view.clock.time(onset.began()))));
    }
    if let Some(firing) = &view.detection.firing {
        let lag = view.detection.lag(firing).map(|lag| format!(", {lag} after the first sign")).unwrap_or_default();
        facts.push((
            "First alert",
            format!("{} {}{lag}", view.clock.time(firing.at), safe::clean(&firing.subject.to_string(), NAME_CHARS)),
        ));
    }
    if let Some(cascade) = view.largest() {
        let ended = match cascade.end {
            End::At(end) => view.clock.time(end),
            End::Ongoing => "not within the window".to_owned(),
            End::Unknown => "not recorded".to_owned(),
        };
        facts.push(("Ended", ended));
    }
    if let Some(outside) = picture.map(|picture| picture.not_drawn).filter(|count| *count > 0) {
        facts.push((
            "Not drawn",
            format!(
                "{outside} of {} rows: outside of the chart's time, or of lesser weight; the table has them",
                view.rows.len()
            ),
        ));
    }
    facts
}

fn table_row(view: &View, row: &Row) -> TableRow {
    let signal = row.signal;
    TableRow {
        id: signal.id(),
        time: view.clock.time(row.at),
        uncertainty: signal.uncertainty().unwrap_or_default(),
        lasted: signal.lasted().unwrap_or_default(),
        chain: row.cascade.map(names::cascade_id).unwrap_or_default(),
        severity: signal.severity,
        subject: safe::clean(&signal.subject.to_string(), NAME_CHARS),
        signal: safe::clean(&signal.name, NAME_CHARS),
        count: signal.count,
        title: safe::clean(&signal.title, TEXT_CHARS),
        records: quotes::of_signal(&signal).into_iter().take(3).map(|one| record(view.evidence(), one)).collect(),
    }
}

fn record(evidence: &Evidence, citation: Citation) -> Record {
    let row = quotes::row(evidence, citation);
    Record {
        place: safe::clean(&format!("{}:{}", row.entry, row.line), NAME_CHARS),
        text: safe::clean(&row.text, TEXT_CHARS),
    }
}

fn unknown(view: &View) -> Vec<UnknownRow> {
    let rows = view.of.not_understood.iter().take(TABLE_ROWS).filter_map(|group| {
        let shown = group.subjects.iter().take(8).map(|one| safe::clean(&one.to_string(), NAME_CHARS));
        let shown: Vec<String> = shown.collect();
        let more = group.subjects.len().saturating_sub(shown.len());
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        Some(UnknownRow {
            count: group.count,
            severity: group.severity,
            words: safe::clean(&group.words, TEXT_CHARS),
            subjects: format!("{}{more}", shown.join("; ")),
            when: view.when(group),
            record: record(view.evidence(), *group.evidence.first()?),
        })
    });
    rows.collect()
}

fn not_read(view: &View) -> String {
    let unread = view.coverage.not_read.iter();
    let named = unread
        .map(|(source, count)| format!("{} ({})", safe::clean(source, NAME_CHARS), times::counted(*count, "item")));
    named.collect::<Vec<_>>().join(", ")
}

fn missing(view: &View) -> Vec<MissingRow> {
    let rows = view.coverage.missing.iter().take(50).map(|missing| {
        let shown: Vec<String> =
            missing.subjects.iter().take(8).map(|subject| safe::clean(subject, NAME_CHARS)).collect();
        let more = missing.subjects.len().saturating_sub(shown.len());
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        MissingRow {
            source: safe::clean(missing.source, NAME_CHARS),
            status: missing.status.name(),
            subjects: format!("{}{more}", shown.join("; ")),
            why: safe::clean(&missing.why, TEXT_CHARS),
            limits: missing.limits,
        }
    });
    rows.collect()
}

/// The patterns that tell how it went; how it was seen is told by the detection.
fn courses(of: &Analyzed) -> impl Iterator<Item = &Motif> {
    of.analysis.motifs.iter().filter(|motif| motif_class(motif) != FactorClass::Detection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_known_values() {
        assert_eq!(base64(b"any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
        assert_eq!(base64(b"any carnal pleasu"), "YW55IGNhcm5hbCBwbGVhc3U=");
        assert_eq!(hash(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}
