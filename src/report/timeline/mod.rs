//! `timeline.html`: the incident as one page that needs no network, and no script to be read.
//!
//! What began it, whom it hurt, what spread it and when it ended stand in words at its top; every row is in a table. The
//! script draws these rows as a chart with lanes, from data that is packed in the page. The page's policy lets nothing
//! load and nothing run but its own style and script, named by their hashes.

mod bodies;
mod chart;
mod clock;
mod clocks;
mod curves;
mod gaps;
mod lanes;
mod meaning;
mod pack;
mod pieces;
mod sections;
mod states;
mod tables;

use super::postmortem::Answers;
use super::view::View;
use super::{Analyzed, names, safe};
use crate::model::rfc3339;
use askama::Template;
use bodies::Bodies;
use chart::Chart;
use pieces::Piece;
use tables::{MissingRow, TableRow, UnknownRow};

const STYLE: &str = include_str!("../../../templates/timeline.css");
/// The modules of the script, in the order in which they rest on each other.
const SCRIPT: &str = concat!(
    "\"use strict\";\n(() => {\n",
    include_str!("../../../templates/timeline/data.js"),
    include_str!("../../../templates/timeline/query.js"),
    include_str!("../../../templates/timeline/state.js"),
    include_str!("../../../templates/timeline/rows.js"),
    include_str!("../../../templates/timeline/paint.js"),
    include_str!("../../../templates/timeline/labels.js"),
    include_str!("../../../templates/timeline/spans.js"),
    include_str!("../../../templates/timeline/plane.js"),
    include_str!("../../../templates/timeline/curves.js"),
    include_str!("../../../templates/timeline/overview.js"),
    include_str!("../../../templates/timeline/meaning.js"),
    include_str!("../../../templates/timeline/paper.js"),
    include_str!("../../../templates/timeline/versions.js"),
    include_str!("../../../templates/timeline/panel.js"),
    include_str!("../../../templates/timeline/input.js"),
    include_str!("../../../templates/timeline.js"),
    "})();\n"
);
const NAME_CHARS: usize = 160;
const TEXT_CHARS: usize = 400;

#[derive(Template)]
#[template(path = "timeline.html")]
struct Page {
    policy: String,
    style: &'static str,
    script: &'static str,
    /// The title as plain words.
    name: String,
    title: Vec<Piece>,
    answers: Vec<Answer>,
    sure: Vec<Vec<Piece>>,
    cited: Vec<Cited>,
    facts: Vec<(&'static str, String)>,
    rows: Vec<TableRow>,
    rows_left_out: usize,
    missing: Vec<MissingRow>,
    /// Said where there is no chart.
    nothing: &'static str,
    unknown: Vec<UnknownRow>,
    not_read: String,
    /// What the script draws, and what it shows of a mark; empty where there is nothing to draw.
    chart: String,
    bodies: String,
}

struct Answer {
    question: &'static str,
    lines: Vec<Vec<Piece>>,
}

/// A record that the answers cite.
struct Cited {
    number: usize,
    place: String,
    text: String,
}

/// The page.
pub fn write(of: &Analyzed) -> String {
    let view = View::new(of);
    let chart = Chart::new(&view);
    let Answers { title, answers, sure, references } = Answers::new(&view);
    let answer = |(question, lines): (_, Vec<_>)| Answer { question, lines: lines.iter().map(pieces::of).collect() };
    let cited = references.all().map(|(number, row)| Cited {
        number,
        place: safe::clean(&format!("{}:{}", row.entry, row.line), NAME_CHARS),
        text: safe::clean(&row.text, TEXT_CHARS),
    });
    let page = Page {
        policy: policy(),
        style: STYLE,
        script: SCRIPT,
        name: pieces::plain(&title),
        title: pieces::of(&title),
        answers: answers.into_iter().map(answer).collect(),
        sure: sure.iter().map(pieces::of).collect(),
        cited: cited.collect(),
        facts: facts(&view),
        rows: tables::rows(&view),
        rows_left_out: view.rows.len().saturating_sub(tables::TABLE_ROWS),
        missing: tables::missing(&view),
        nothing: match view.absences.harm().is_whole() {
            true => "Nothing failed: no pod, node or Service was seen to be hurt.",
            false => "No failure was recognised. What was not collected or not understood may hold one.",
        },
        unknown: tables::unknown(&view),
        not_read: tables::not_read(&view),
        bodies: chart.as_ref().map(|_| pack::pack(&Bodies::new(&view))).unwrap_or_default(),
        chart: chart.as_ref().map(pack::pack).unwrap_or_default(),
    };
    // Rendering writes to a String, which cannot fail.
    page.render().unwrap_or_default()
}

/// Nothing is loaded from anywhere; only this style and this script apply.
fn policy() -> String {
    let (style, script) = (pack::hash(STYLE), pack::hash(SCRIPT));
    format!("default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'")
}

fn facts(view: &View) -> Vec<(&'static str, String)> {
    let evidence = view.evidence();
    let alert = view.detection.firing.as_ref().map(|firing| {
        let lag = view.detection.lag(firing).map(|lag| format!(", {lag} after the first sign")).unwrap_or_default();
        let subject = safe::clean(&firing.subject.to_string(), NAME_CHARS);
        ("First alert", format!("{} {subject}{lag}", view.clock.time(firing.at)))
    });
    let window = format!("{} to {}", rfc3339(evidence.window.from), rfc3339(evidence.window.to));
    let mut facts = vec![
        ("Window", window),
        ("Archive", safe::clean(&evidence.archive, NAME_CHARS)),
        ("Cluster", safe::clean(&names::cluster(evidence), NAME_CHARS)),
    ];
    facts.extend(alert);
    facts
}
