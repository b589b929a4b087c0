//! `signals`: the catalogue, as a table or one signal as a page.

use super::analyze;
use super::called;
use super::exit::Exit;
use super::failure::Failure;
use super::terminal;
use k8s_forensics::analysis::Knowledge;
use k8s_forensics::report::explained::{self, ExplainedSignal};
use k8s_forensics::signals::nearest;
use std::path::PathBuf;

/// What analyze knows: every signal, or one with its meaning, source, false alarms, examples and links.
#[derive(clap::Args)]
pub struct Args {
    /// The name of a signal, as OOMKill or Unhealthy(readiness)
    name: Option<String>,
    /// Only signals of this family, as node or storage
    #[arg(long, value_name = "FAMILY", conflicts_with = "name")]
    family: Option<String>,
    /// Print as JSON
    #[arg(long)]
    json: bool,
    /// A folder of your own signals and links, see docs/rules.md
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<Exit, Failure> {
    let knowledge = analyze::knowledge(args.rules.as_deref())?;
    let mut found = explained::signals(&knowledge.catalogue, &knowledge.links);
    if let Some(name) = &args.name {
        let names: Vec<String> = found.iter().map(|one| one.name.clone()).collect();
        found.retain(|one| one.name.eq_ignore_ascii_case(name));
        if found.is_empty() {
            return Err(unknown("signal", name, &names));
        }
    }
    if let Some(family) = &args.family {
        let family = known_family(&knowledge, family)?;
        found.retain(|one| one.family == family);
    }
    match (args.json, &args.name) {
        (true, _) => terminal::print_json(&found)?,
        (false, Some(_)) => terminal::print_text(&found.iter().map(|one| one.markdown("#")).collect::<String>())?,
        (false, None) => terminal::print_text(&table(&found))?,
    }
    Ok(Exit::Whole)
}

/// The family that is called so, in whatever case.
pub fn known_family(knowledge: &Knowledge, asked: &str) -> Result<String, Failure> {
    let families: Vec<String> = knowledge.catalogue.families().map(str::to_owned).collect();
    let known = families.iter().find(|family| family.eq_ignore_ascii_case(asked)).cloned();
    known.ok_or_else(|| unknown("family", asked, &families))
}

fn table(found: &[ExplainedSignal]) -> String {
    let mut table = terminal::table();
    table.set_header(["family", "severity", "signal", "what was seen"]);
    for one in found {
        table.add_row([&one.family, &one.severity, &one.name, &one.title]);
    }
    let count = found.len();
    format!("{}\n{count} signals; `{} signals NAME` explains one\n", table.trim_fmt(), called::name())
}

/// An error with the names that are most like the one asked for.
fn unknown(what: &str, asked: &str, known: &[String]) -> Failure {
    let nearest = nearest(asked, known.iter().map(String::as_str));
    let failed = Failure::usage(format!("look up {asked:?}"), format!("no {what} is called so"));
    failed.hint(format!("the nearest are {}", nearest.join(", ")))
}
