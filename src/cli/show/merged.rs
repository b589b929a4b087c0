//! `show ARCHIVE logs --merge`: the lines of many logs in order of time.

use super::super::failure::Failure;
use super::super::terminal::{self, Colour, Lines};
use super::choose::{Form, Output, Scope, When};
use super::sheet::{self, MOST_HELD, Sheet};
use k8s_forensics::archive::Scratch;
use k8s_forensics::inputs::Inputs;
use k8s_forensics::log_templates::{Log, Logs, Source};
use k8s_forensics::logline::severity;
use k8s_forensics::logline::severity::LineSeverity;
use k8s_forensics::model::rfc3339;
use k8s_forensics::viewing::{self, LogLine, Merged};
use serde::Serialize;

/// Whose lines are printed, of which time.
#[derive(Clone, clap::Args)]
pub struct Merge {
    /// Print the lines of all logs that are meant, in order of time; --since and --around do, too
    #[arg(long, conflicts_with = "summary")]
    merge: bool,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    when: When,
    #[command(flatten)]
    output: Output,
}

/// A line as programs read it.
#[derive(Serialize)]
struct Row<'a> {
    time: Option<String>,
    source: String,
    entry: &'a str,
    line: u64,
    text: &'a str,
}

impl Merge {
    pub fn is_asked(&self) -> bool {
        self.merge || self.when.is_asked()
    }

    /// Whether a log is meant by a list of logs.
    pub fn takes<'a>(&self, inputs: &Inputs, logs: Vec<&'a Log>) -> Result<Vec<&'a Log>, Failure> {
        let choice = self.scope.choice(&self.when, inputs, "show logs")?;
        let is_meant = |log: &&Log| match &log.source {
            Source::Node { node, .. } => choice.takes_node(node),
            Source::Container { namespace, pod, .. } => choice.takes_pod(namespace, pod),
        };
        Ok(logs.into_iter().filter(is_meant).collect())
    }
}

pub fn print(inputs: &Inputs, name: Option<&str>, of: &Merge) -> Result<(), Failure> {
    let tried = "show logs";
    let choice = of.scope.choice(&of.when, inputs, tried)?;
    let logs = Logs::of(inputs);
    let chosen = viewing::chosen_logs(&logs, name, &choice);
    if chosen.is_empty() {
        return Err(Failure::environment(tried, "no log is meant").hint("`show ARCHIVE logs` lists those there are"));
    }
    let mut merged = Merged::new(Scratch::for_reading());
    for (number, log) in (0..).zip(&chosen) {
        let mut failed = None;
        let read = viewing::each_line((inputs, log, number), &choice, &mut |line, _| {
            failed = merged.add(line).err();
            failed.is_none()
        });
        if let Some(error) = failed {
            return Err(Failure::environment("put lines in order of time", error)
                .hint("lines that do not fit into memory wait in the folder that TMPDIR names"));
        }
        if let Err(error) = read {
            terminal::tell(&format!("note: {} could not be read to its end: {error}", log.path));
        }
    }
    write(merged, &chosen, of.output.output).map_err(|failed| failed.hint("the lines before it are in order"))
}

fn write(merged: Merged, logs: &[&Log], form: Form) -> Result<(), Failure> {
    let width = logs.iter().map(|log| source(log).chars().count()).max().unwrap_or_default().min(40);
    let (mut lines, mut held, mut is_cut) = (Lines::begin(), Vec::new(), false);
    let given = merged.each(|line| {
        let Some(log) = logs.get(line.log as usize) else { return true };
        match form {
            Form::Table | Form::Wide => lines.print(shown(log, line, (width, form)).as_bytes()),
            Form::Jsonl => lines.print(&terminal::json_line(&row(log, line))),
            Form::Json | Form::Yaml => {
                is_cut = held.len() >= MOST_HELD;
                if !is_cut {
                    held.push(serde_json::to_value(row(log, line)).unwrap_or_default());
                }
                !is_cut
            }
        }
    });
    lines.end()?;
    given.map_err(|error| Failure::environment("read lines that were put aside", error))?;
    if is_cut {
        terminal::tell(&format!("note: only the first {MOST_HELD} lines are shown; -o jsonl shows all"));
    }
    match form {
        Form::Json | Form::Yaml => sheet::print(form, &held, || Sheet::new([])),
        _ => Ok(()),
    }
}

fn row<'a>(log: &'a Log, line: &'a LogLine) -> Row<'a> {
    Row { time: line.at.map(rfc3339), source: source(log), entry: &log.path, line: line.line, text: &line.text }
}

/// As people call it: `shop/api-0/app`, `node-1/kubelet`.
fn source(log: &Log) -> String {
    match &log.source {
        Source::Node { node, unit } => format!("{node}/{unit}"),
        Source::Container { namespace, pod, container } => format!("{namespace}/{pod}/{container}"),
    }
}

/// `TIME SOURCE text`; with all columns the record in the place of the source.
fn shown(log: &Log, line: &LogLine, (width, form): (usize, Form)) -> String {
    let time = line.at.map_or_else(|| "-".to_owned(), rfc3339);
    let of = match form {
        Form::Wide => format!("{}:{}", log.path, line.line),
        _ => format!("{:<width$}", source(log)),
    };
    let text = terminal::harmless_line(&line.text);
    let colour = match severity::of_program(&line.text) {
        Some(LineSeverity::Fatal | LineSeverity::Error) => Some(Colour::Red),
        Some(LineSeverity::Warning) => Some(Colour::Yellow),
        None => None,
    };
    let (time, of) = (terminal::painted(&format!("{time:<24}"), Some(Colour::Grey)), terminal::harmless_line(&of));
    format!("{time} {} {}", terminal::painted(&of, Some(Colour::Cyan)), terminal::painted(&text, colour))
}
