//! `timeline.html`: the cascade as one page that needs no network and no script.
//!
//! Swim lanes in plain SVG, with positions in per cent of the width, so that the page fits any screen and zooming is
//! a wider picture. The script only adds: it shows a signal's records and kin, filters and zooms. The page's policy lets
//! nothing load and nothing run but its own style and script, named by their hashes.

mod axis;
mod lanes;
mod picture;

use super::safe;
use super::schema::{EvidenceRow, Report};
use super::view::{Row, View, severity};
use crate::model::Severity;
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
    status: String,
    subjects: String,
    why: String,
    limits: &'static str,
}

/// The page.
pub fn write(report: &Report) -> String {
    let view = View::new(report);
    let picture = Picture::new(&view);
    let page = Page {
        policy: policy(),
        style: STYLE,
        script: SCRIPT,
        title: title(&view),
        facts: facts(&view, picture.as_ref()),
        motifs: report.motifs.iter().take(5).map(|motif| safe::clean(&motif.statement, TEXT_CHARS)).collect(),
        data: picture.as_ref().map(|picture| safe::json_in_html(&picture.data(&view))).unwrap_or_default(),
        picture,
        rows: view.rows.iter().take(TABLE_ROWS).enumerate().map(|(place, row)| table_row(&view, place, row)).collect(),
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
    match view.report.cascades.first() {
        Some(cascade) => safe::clean(&cascade.headline, TEXT_CHARS),
        None if view.absences.harm().is_whole() => "Nothing failed".to_owned(),
        None => "No failure recognised".to_owned(),
    }
}

fn facts(view: &View, picture: Option<&Picture>) -> Vec<(&'static str, String)> {
    let archive = &view.report.archive;
    let mut facts = vec![
        ("Archive", safe::clean(&archive.name, NAME_CHARS)),
        ("Cluster", safe::clean(&archive.cluster, NAME_CHARS)),
        ("Window", format!("{} to {}", safe::clean(&archive.from, 40), safe::clean(&archive.to, 40))),
    ];
    if let Some(onset) = view.detection.onset {
        let (signal, subject) = (safe::clean(&onset.signal, NAME_CHARS), safe::clean(&onset.subject, NAME_CHARS));
        facts.push(("First sign", format!("{} {signal} on {subject}", view.clock.time(&onset.from))));
    }
    if let Some(firing) = view.detection.firing {
        let lag = view.detection.lag(&firing).map(|lag| format!(", {lag} after the first sign")).unwrap_or_default();
        facts.push((
            "First alert",
            format!("{} {}{lag}", view.clock.time(firing.at), safe::clean(firing.subject, NAME_CHARS)),
        ));
    }
    if let Some(cascade) = view.report.cascades.first() {
        let end = cascade.recovered_at.as_deref().map(|at| view.clock.time(at));
        let open = if cascade.goes_on { "not within the window" } else { "no record tells" };
        facts.push(("Ended", end.unwrap_or_else(|| open.to_owned())));
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

fn table_row(view: &View, place: usize, row: &Row) -> TableRow {
    TableRow {
        id: row.id.map_or_else(|| format!("change-{place}"), element_id),
        time: view.clock.time(row.at),
        uncertainty: row.uncertainty.clone().unwrap_or_default(),
        lasted: row.lasted.clone().unwrap_or_default(),
        chain: row.cascade.map(|id| safe::clean(id, 20)).unwrap_or_default(),
        severity: row.severity,
        subject: safe::clean(row.subject, NAME_CHARS),
        signal: safe::clean(row.signal, NAME_CHARS),
        count: row.count,
        title: safe::clean(row.title, TEXT_CHARS),
        records: row.evidence.iter().take(3).map(record).collect(),
    }
}

/// An id as an element may have it: letters, digits and dashes.
fn element_id(id: &str) -> String {
    id.chars().take(40).map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect()
}

fn record(evidence: &EvidenceRow) -> Record {
    Record {
        place: safe::clean(&format!("{}:{}", evidence.entry, evidence.line), NAME_CHARS),
        text: safe::clean(&evidence.text, TEXT_CHARS),
    }
}

fn unknown(view: &View) -> Vec<UnknownRow> {
    let rows = view.report.not_understood.iter().take(TABLE_ROWS).filter_map(|row| {
        let shown: Vec<String> = row.subjects.iter().take(8).map(|one| safe::clean(one, NAME_CHARS)).collect();
        let more = row.subject_count.saturating_sub(shown.len());
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        Some(UnknownRow {
            count: row.count,
            severity: severity(&row.severity),
            words: safe::clean(&row.words, TEXT_CHARS),
            subjects: format!("{}{more}", shown.join("; ")),
            when: view.when(row),
            record: record(row.evidence.first()?),
        })
    });
    rows.collect()
}

fn not_read(view: &View) -> String {
    let named =
        view.coverage.not_read.iter().map(|(source, subject)| {
            format!("{} ({})", safe::clean(source, NAME_CHARS), safe::clean(subject, NAME_CHARS))
        });
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
            status: safe::clean(missing.status, 40),
            subjects: format!("{}{more}", shown.join("; ")),
            why: safe::clean(missing.why, TEXT_CHARS),
            limits: missing.limits,
        }
    });
    rows.collect()
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
