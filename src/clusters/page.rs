//! What crosses clusters, as `clusters.md`, `clusters.json` and on the terminal.

use super::{Account, ClusterRow, Crossing, Report, SCHEMA, Side};
use crate::model::rfc3339;
use crate::report::filled::Page;
use crate::report::markdown::Markdown;
use crate::report::safe;
use askama::Template;

/// The longest statement, name and quotation.
const STATEMENT: usize = 600;
const NAME: usize = 120;
const QUOTED: usize = 240;

#[derive(Template)]
#[template(path = "clusters.md", escape = "none")]
struct Filled {
    title: String,
    clocks: Vec<Markdown>,
    clusters: Vec<Row>,
    crossings: Vec<Told>,
}

struct Row {
    name: String,
    title: String,
    window: String,
    report: String,
}

struct Told {
    statement: Markdown,
    how_sure: &'static str,
    sides: Vec<Markdown>,
}

/// All of it as plain data. `folders` are those of the clusters' own reports, in the order of `accounts`.
pub fn report(accounts: &[Account], folders: &[String], crossings: Vec<Crossing>) -> Report {
    let row = |(account, folder): (&Account, &String)| ClusterRow {
        name: account.name.clone(),
        report: folder.clone(),
        title: account.title.clone(),
        from: rfc3339(account.window.from),
        to: rfc3339(account.window.to),
        clock_ahead_ms: account.clock_ahead_ms,
    };
    Report { schema: SCHEMA, clusters: accounts.iter().zip(folders).map(row).collect(), crossings }
}

/// As Markdown.
///
/// # Errors
/// If the template cannot be filled, which is a mistake in it.
pub fn markdown(of: &Report) -> Result<String, askama::Error> {
    let title = match of.crossings.len() {
        0 => format!("{} clusters, and nothing that ties them together", of.clusters.len()),
        1 => format!("One thing that {} clusters have to do with each other", of.clusters.len()),
        more => format!("{more} things that {} clusters have to do with each other", of.clusters.len()),
    };
    let clusters = of.clusters.iter().map(row).collect();
    let crossings = of.crossings.iter().map(told).collect();
    let clocks = of.clusters.iter().map(clock).collect();
    Filled { title, clocks, clusters, crossings }.render()
}

fn row(of: &ClusterRow) -> Row {
    let draft = format!("{}/postmortem.md", of.report);
    Row {
        name: Markdown::new().code(&of.name, NAME).cell(),
        title: Markdown::new().prose(&of.title, QUOTED).cell(),
        window: format!("{} to {}", of.from, of.to),
        report: Markdown::new().code(&draft, NAME).cell(),
    }
}

fn clock(of: &ClusterRow) -> Markdown {
    let begun = Markdown::new().say("- Times of ").code(&of.name, NAME);
    let Some([least, most]) = of.clock_ahead_ms else { return begun.say(" are by a clock that was not read.") };
    // A `Date` is in whole seconds, so no clock is known closer than to a second (RFC 9110, 5.6.7).
    let (least, most) = (least as f64 / 1000.0, most as f64 / 1000.0);
    let ahead = format!("{least:+.1} s to {most:+.1} s");
    begun.say(" are by a clock that was ahead of the machine that collected by ").code(&ahead, NAME).say(".")
}

fn told(of: &Crossing) -> Told {
    let statement = Markdown::new().prose(&of.statement, STATEMENT);
    let how_sure = match of.grade {
        "mechanism" => "A record of one names what failed in the other.",
        "known" => "A known mechanism, between what the records name.",
        _ => "Time alone: a question, no claim.",
    };
    Told { statement, how_sure, sides: of.sides.iter().flat_map(side).collect() }
}

/// A line for each record of a side.
fn side(of: &Side) -> Vec<Markdown> {
    let begun = || Markdown::new().code(&of.cluster, NAME);
    let mut lines = Vec::new();
    for record in &of.evidence {
        let place = format!("{}:{}", record.entry, record.line);
        lines.push(begun().say(", ").code(&place, QUOTED).say(": ").code(&record.text, QUOTED));
    }
    if lines.is_empty() {
        lines.push(begun().say(": ").prose(&of.says, QUOTED));
    }
    lines
}

/// On a terminal of `width` columns: a line for each cluster, and what ties them together.
pub fn terminal(of: &Report, width: usize) -> String {
    let mut page = Page::new(width);
    page.heading("Clusters");
    for cluster in &of.clusters {
        let title = safe::terminal(&cluster.title, QUOTED);
        page.line(2, &format!("{}: {title}", safe::terminal(&cluster.name, NAME)));
    }
    page.heading("What ties them together");
    if of.crossings.is_empty() {
        page.line(2, "nothing that was recorded");
    }
    for crossing in &of.crossings {
        page.line(2, &safe::terminal(&crossing.statement, STATEMENT));
        for side in &crossing.sides {
            let places = side.evidence.iter().take(1).map(|record| format!("{}:{}", record.entry, record.line));
            for place in places {
                page.line(4, &safe::terminal(&format!("{} {place}", side.cluster), QUOTED));
            }
        }
    }
    page.text
}
