//! `show ARCHIVE events` and `show ARCHIVE grep PATTERN`: records by time, and by their words.

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::open::Opening;
use super::super::terminal::{self, Colour, Lines};
use super::choose::{Form, Output, Scope, When};
use super::sheet::{self, MOST_HELD, Sheet};
use k8s_forensics::viewing::{self, EventRow, Hit};
use regex::RegexBuilder;
use serde::Serialize;

/// Events in order of the time at which they were last seen
#[derive(clap::Args)]
pub struct Events {
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    when: When,
    /// Only warnings
    #[arg(long)]
    warnings: bool,
    #[command(flatten)]
    output: Output,
}

/// Lines of logs, journals, objects and all else that match a pattern, as PATH:LINE and the line
#[derive(clap::Args)]
pub struct Grep {
    /// A regular expression (docs.rs/regex)
    pattern: String,
    /// Without regard to case
    #[arg(short, long)]
    ignore_case: bool,
    /// At most so many lines
    #[arg(short, long, value_name = "N")]
    most: Option<usize>,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    when: When,
    #[command(flatten)]
    output: Output,
}

pub fn events(archive: &Opening, of: &Events) -> Result<(), Failure> {
    let tried = "show events";
    let inputs = archive.open_inputs()?;
    let choice = of.scope.choice(&of.when, &inputs, tried)?;
    let mut rows = viewing::events(&inputs, &choice).map_err(|error| Failure::environment(tried, error))?;
    rows.retain(|row| !of.warnings || row.kind == "Warning");
    if rows.is_empty() {
        terminal::tell(
            "note: no event that is listed here is meant; `show ARCHIVE coverage` says whether all of them came",
        );
    }
    sheet::print(of.output.output, &rows, || table(&rows, of.output.output == Form::Wide))
}

fn table(rows: &[EventRow], is_wide: bool) -> Sheet {
    let wide: &[&str] = if is_wide { &["FIRST SEEN", "SOURCE"] } else { &[] };
    let names = ["LAST SEEN"].iter().chain(wide).chain(&["TYPE", "REASON", "OBJECT", "COUNT", "MESSAGE"]).copied();
    let mut sheet = Sheet::new(names);
    for row in rows {
        let known = |text: &String| if text.is_empty() { "<unknown>".to_owned() } else { text.clone() };
        let mut cells = vec![known(&row.last)];
        if is_wide {
            cells.extend([known(&row.first), row.source.clone()]);
        }
        cells.extend([
            row.kind.clone(),
            row.reason.clone(),
            row.object.clone(),
            row.count.to_string(),
            row.message.clone(),
        ]);
        sheet.add(&cells, (row.kind == "Warning").then_some(Colour::Yellow));
    }
    sheet
}

pub fn grep(archive: &Opening, of: &Grep) -> Result<Exit, Failure> {
    let tried = format!("grep {}", of.pattern);
    let pattern = RegexBuilder::new(&of.pattern).case_insensitive(of.ignore_case).build().map_err(|error| {
        Failure::usage(&tried, error).hint("signs as ( [ . * + ? { | stand for themselves behind a backslash")
    })?;
    let inputs = archive.open_inputs()?;
    let choice = of.scope.choice(&of.when, &inputs, &tried)?;
    let (mut lines, mut held, mut count) = (Lines::begin(), Vec::new(), 0);
    let form = of.output.output;
    let most = of.most.unwrap_or(usize::MAX);
    let is_held = matches!(form, Form::Json | Form::Yaml);
    let most = if is_held { most.min(MOST_HELD) } else { most };
    let unreadable = viewing::grep(&inputs, &pattern, &choice, &mut |hit| {
        if count >= most {
            return false;
        }
        count += 1;
        match form {
            Form::Jsonl => lines.print(&terminal::json_line(&hit)),
            Form::Json | Form::Yaml => {
                held.push(hit);
                true
            }
            Form::Table | Form::Wide => lines.print(shown(&hit).as_bytes()),
        }
    });
    lines.end()?;
    for (path, why) in unreadable {
        terminal::tell(&format!("note: {path} could not be read to its end: {why}"));
    }
    if is_held {
        print_held(form, &held)?;
    }
    if count == 0 {
        terminal::tell("note: no line that is meant matches");
    }
    Ok(Exit::Whole)
}

fn print_held<T: Serialize>(form: Form, held: &[T]) -> Result<(), Failure> {
    sheet::print(form, held, || Sheet::new([]))
}

/// `PATH:LINE: text`, with what matches in colour.
fn shown(hit: &Hit) -> String {
    let place = terminal::painted(&terminal::harmless_line(&format!("{}:{}", hit.entry, hit.line)), Some(Colour::Cyan));
    let mut text = String::new();
    let mut from = 0;
    for (begin, end) in &hit.matches {
        text.push_str(&terminal::harmless_line(hit.text.get(from..*begin).unwrap_or_default()));
        let found = terminal::harmless_line(hit.text.get(*begin..*end).unwrap_or_default());
        text.push_str(&terminal::painted(&found, Some(Colour::Red).filter(|_| begin < end)));
        from = *end;
    }
    text.push_str(&terminal::harmless_line(hit.text.get(from..).unwrap_or_default()));
    format!("{place}: {text}")
}
