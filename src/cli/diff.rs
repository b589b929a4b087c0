//! `diff INPUT BASELINE`: what an incident has that a healthy archive of the same cluster has not, and the other way
//! round.

use super::asked::{Source, With};
use super::exit::Exit;
use super::failure::Failure;
use super::{kept, open, terminal};
use comfy_table::ColumnConstraint;
use k8s_forensics::analysis::compare::{self, ObjectDifference};
use k8s_forensics::inputs::Inputs;
use k8s_forensics::report::ask::{SignalDifference, compare_signals};
use k8s_forensics::report::kept::Kept;
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;

/// Compare an incident with a healthy archive of the same cluster: signals, nodes, versions, images and configuration.
///
/// Signals come from the analysis of either, which is kept for the next question; objects are read from the inputs. What
/// comes and goes with the work (pods, events, leases, status) is not compared.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    of: Source,
    /// The archive, or another input, of when all was well; of a report only signals are compared
    #[arg(value_name = "BASELINE")]
    baseline: PathBuf,
    /// Show signals of severity info, too
    #[arg(long)]
    all: bool,
    /// Print as JSON, all of it
    #[arg(long)]
    json: bool,
}

/// All that differs.
#[derive(Serialize)]
struct Differences {
    signals: Vec<SignalDifference>,
    /// None where one of the two is a report, which keeps no objects.
    objects: Option<Vec<ObjectDifference>>,
}

pub fn run(args: &Args) -> Result<Exit, Failure> {
    let one = &args.of;
    let with = With { checks: Vec::new(), notes: Vec::new(), rules: one.rules.clone(), fresh: one.fresh };
    let asked = open::Asked { path: args.baseline.clone(), means: one.asked.means.clone() };
    let other = Source { asked, with };
    let (analyzed, baseline) = (kept::analysis(one)?, kept::analysis(&other)?);
    tell_clusters(&analyzed, &baseline);
    let (inputs, before) = (kept::inputs(one)?, kept::inputs(&other)?);
    let objects = match (&inputs, &before) {
        (Some(inputs), Some(before)) => Some(compare_objects(args, inputs, before)?),
        _ => None,
    };
    let found = Differences { signals: compare_signals(&analyzed, &baseline), objects };
    match args.json {
        true => terminal::print_json(&found)?,
        false => terminal::print_text(&text(&found, args))?,
    }
    Ok(Exit::Whole)
}

fn compare_objects(args: &Args, one: &Inputs, baseline: &Inputs) -> Result<Vec<ObjectDifference>, Failure> {
    compare::objects(one, baseline).map_err(|error| {
        let tried = format!("compare {} with {}", args.of.asked.path.display(), args.baseline.display());
        Failure::environment(tried, error)
    })
}

/// Says so where the two are of different clusters.
fn tell_clusters(one: &Kept, other: &Kept) {
    let uid = |of: &Kept| {
        let known = of.archive.cluster.split(", ").find_map(|part| part.strip_prefix("uid "));
        known.map(str::to_owned)
    };
    if let (Some(a), Some(b)) = (uid(one), uid(other))
        && a != b
    {
        terminal::tell(&format!("note: these are two clusters, {a} and {b}: most will differ"));
    }
}

fn text(found: &Differences, args: &Args) -> String {
    let mut text = String::from("Signals\n");
    let shown: Vec<&SignalDifference> = found.signals.iter().filter(|one| args.all || one.severity != "info").collect();
    if !shown.is_empty() {
        text.push_str(&signals(&shown));
    }
    match (shown.len(), found.signals.len() - shown.len()) {
        (0, 0) => text.push_str("  the same in both\n"),
        (_, 0) => {}
        (_, hidden) => drop(writeln!(text, "  and {hidden} of severity info; --all shows them")),
    }
    let Some(objects) = &found.objects else {
        text.push_str("\nObjects\n  not compared: a report keeps none; give the archives they were made of\n");
        return text;
    };
    let is_node = |one: &&ObjectDifference| one.subject.starts_with("Node/");
    let parts = [
        ("Nodes", objects.iter().filter(|one| is_node(one)).collect::<Vec<_>>()),
        ("Images", objects.iter().filter(|one| !is_node(one) && has_image(one)).collect()),
        ("Other objects", objects.iter().filter(|one| !is_node(one) && !has_image(one)).collect()),
    ];
    for (heading, of) in parts {
        let _ = write!(text, "\n{heading}\n");
        if of.is_empty() {
            text.push_str("  the same in both\n");
        } else {
            text.push_str(&changed(&of));
        }
    }
    text
}

fn has_image(one: &ObjectDifference) -> bool {
    one.fields.iter().any(|field| field.field.ends_with("].image"))
}

fn signals(all: &[&SignalDifference]) -> String {
    let mut table = terminal::table();
    table.set_header(["", "severity", "here", "baseline", "signal and whom it is about", "record"]);
    for one in all {
        let [here, there] = one.counts.map(|count| count.to_string());
        let what = format!("{} {}", one.signal, one.subject);
        table.add_row([one.is, &one.severity, &here, &there, &what, &one.record]);
    }
    for column in 0..4 {
        if let Some(column) = table.column_mut(column) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    format!("{}\n", table.trim_fmt())
}

fn changed(all: &[&ObjectDifference]) -> String {
    let mut text = String::new();
    for one in all {
        let entry = one.entries.iter().flatten().next().map(String::as_str).unwrap_or_default();
        let _ = writeln!(text, "  {:<8} {}  {entry}", one.is, one.subject);
        for field in &one.fields {
            let [here, there] = field.values.each_ref().map(|value| value.as_deref().unwrap_or("(not there)"));
            let _ = writeln!(text, "             {}: {here}; baseline: {there}", field.field);
        }
        if one.more_fields > 0 {
            let _ = writeln!(text, "             and {} more fields", one.more_fields);
        }
    }
    text
}
