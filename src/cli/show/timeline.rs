//! `show ARCHIVE timeline` and `changes`: what the analysis found, in order of time, from what is kept of it.

use super::super::asked::{Source, With};
use super::super::failure::Failure;
use super::super::kept;
use super::super::open::Opening;
use super::super::terminal::{self, Colour};
use super::choose::{Form, Output, Scope, When};
use super::sheet::{self, Sheet};
use chrono::{DateTime, Utc};
use k8s_forensics::report::kept::{Kept, KeptChange};
use k8s_forensics::report::schema::{EvidenceRow, SignalRow};
use k8s_forensics::viewing::Choice;

/// Everything that was found, in order of time, with its record
#[derive(clap::Args)]
pub struct Timeline {
    /// Also what is of severity info and of no cascade
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    view: View,
}

/// What was changed, by what, with its record
#[derive(clap::Args)]
pub struct Changes {
    #[command(flatten)]
    view: View,
}

#[derive(clap::Args)]
struct View {
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    when: When,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    with: With,
}

impl View {
    /// The analysis, and what is meant of it.
    fn look(&self, archive: &Opening, tried: &str) -> Result<(Kept, Choice), Failure> {
        let inputs = archive.open_inputs()?;
        let choice = self.scope.choice(&self.when, &inputs, tried)?;
        let of = Source { asked: archive.asked(), with: self.with.clone() };
        Ok((kept::analysis(&of)?, choice))
    }
}

pub fn timeline(archive: &Opening, of: &Timeline) -> Result<(), Failure> {
    let (kept, choice) = of.view.look(archive, "show timeline")?;
    let is_meant = |one: &&SignalRow| {
        let is_there =
            choice.takes_subject(&one.subject) || one.node.as_deref().is_some_and(|node| choice.takes_host(node));
        is_there && choice.span().has_written(&one.from)
    };
    let meant: Vec<&SignalRow> = kept.signals.iter().filter(is_meant).collect();
    let mut rows: Vec<&SignalRow> =
        meant.iter().copied().filter(|one| of.all || one.severity != "info" || one.cascade.is_some()).collect();
    // A time in whole seconds has no dot, which comes before its Z.
    rows.sort_by_key(|one| (one.from.parse::<DateTime<Utc>>().ok(), one.from.clone()));
    let hidden = meant.len() - rows.len();
    if hidden > 0 {
        terminal::tell(&format!("note: {hidden} more of severity info and of no cascade; --all shows them"));
    }
    sheet::print(of.view.output.output, &rows, || signals(&rows, of.view.output.output == Form::Wide))
}

fn signals(rows: &[&SignalRow], is_wide: bool) -> Sheet {
    let wide: &[&str] = if is_wide { &["ID", "UNTIL", "RECORD"] } else { &[] };
    let names = ["TIME", "CASCADE"].iter().chain(wide).chain(&["SIGNAL", "SUBJECT", "COUNT", "WHAT WAS SEEN"]).copied();
    let mut sheet = Sheet::new(names);
    for one in rows {
        let mut cells = vec![one.from.clone(), one.cascade.clone().unwrap_or_else(|| "-".to_owned())];
        if is_wide {
            cells.extend([
                one.id.clone(),
                one.to.clone().unwrap_or_else(|| "-".to_owned()),
                record(one.evidence.first()),
            ]);
        }
        cells.extend([one.signal.clone(), one.subject.clone(), one.count.to_string(), one.title.clone()]);
        let colour = match one.severity.as_str() {
            "critical" | "error" => Some(Colour::Red),
            "warning" => Some(Colour::Yellow),
            _ => None,
        };
        sheet.add(&cells, colour);
    }
    sheet
}

pub fn record(of: Option<&EvidenceRow>) -> String {
    of.map_or_else(|| "-".to_owned(), |row| format!("{}:{}", row.entry, row.line))
}

pub fn changes(archive: &Opening, of: &Changes) -> Result<(), Failure> {
    let (kept, choice) = of.view.look(archive, "show changes")?;
    let is_meant = |one: &&KeptChange| choice.takes_subject(&one.subject) && choice.span().has_written(&one.at);
    let rows: Vec<&KeptChange> = kept.changes.iter().filter(is_meant).collect();
    if rows.is_empty() {
        terminal::tell("note: no change that is meant is known; not every kind of change leaves a record");
    }
    sheet::print(of.view.output.output, &rows, || {
        let mut sheet = Sheet::new(["TIME", "SUBJECT", "BY", "RECORD", "WHAT"]);
        for one in &rows {
            let by = one.by.clone().unwrap_or_else(|| "-".to_owned());
            sheet.add(&[one.at.clone(), one.subject.clone(), by, record(one.evidence.first()), one.what.clone()], None);
        }
        sheet
    })
}
