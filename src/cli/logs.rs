//! `show ARCHIVE logs`: the logs there are, and any amount of their lines as a few kinds of messages on one screen.

use super::analyze;
use super::exit::Exit;
use super::failure::Failure;
use super::show::merged;
use super::terminal;
use chrono::{DateTime, Utc};
use comfy_table::{CellAlignment, Table, presets};
use indicatif::{HumanBytes, HumanCount};
use k8s_forensics::inputs::Inputs;
use k8s_forensics::log_templates::{self, Log, Logs, Mined, Ranked, Silence, Source, State, Summary};
use k8s_forensics::logline::severity::LineSeverity;
use k8s_forensics::model::{length, rfc3339};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The logs, their lines and times; with --merge their lines by time, with --summary kinds of messages, the abnormal first
///
/// ARCHIVE may be a loose log of a node or container, too.
#[derive(clap::Args)]
pub struct Args {
    /// Only the logs of this unit (docker), node, pod or container; NAMESPACE/POD and NODE/UNIT say which of several
    #[arg(value_name = "UNIT|POD|NODE")]
    of: Option<String>,
    /// Count lines that differ only in their values as one kind of message: those that are new after the onset of the
    /// largest cascade, or have vanished, come first
    #[arg(long)]
    summary: bool,
    /// Compare before and after this time instead, as 2026-11-21T16:01:26Z
    #[arg(long, value_name = "TIME", requires = "summary")]
    onset: Option<DateTime<Utc>>,
    #[command(flatten)]
    lines: merged::Merge,
}

/// The most kinds of messages that are shown.
const MOST: usize = 60;

/// Columns before a message, and before what is counted of it.
const LEAD: usize = 17;
const INDENT: usize = 4;

pub fn run(inputs: &Inputs, args: &Args) -> Result<Exit, Failure> {
    if args.lines.is_asked() {
        return merged::print(inputs, args.of.as_deref(), &args.lines).map(|()| Exit::Whole);
    }
    let logs = Logs::of(inputs);
    let chosen = args.lines.takes(inputs, chosen(&logs, args.of.as_deref())?)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(super::threads(None)).build();
    let pool = pool.map_err(|error| Failure::environment("show logs", error))?;
    if !args.summary {
        let read = pool.install(|| log_templates::paces(&logs, &chosen));
        tell_unreadable(&read);
        return terminal::print_text(&list(&chosen, &read)).map(|()| Exit::Whole);
    }
    let (onset, why) = onset(inputs, args.onset)?;
    let mut mined = pool.install(|| log_templates::mine(&logs, &chosen, onset));
    tell_unreadable(&mined);
    let summary = Summary::new(&mut mined, onset);
    let page = Page { logs: &chosen, mined: &mined, day: day(&mined), width: terminal::width() };
    let mut text = page.heading(&summary, &why);
    if onset.is_some() {
        text.push_str(one_sided(&summary));
    }
    page.silence(&mut text);
    page.templates(&summary, &mut text);
    terminal::print_text(&text).map(|()| Exit::Whole)
}

/// The logs that are meant; an error says which there are.
fn chosen<'a>(logs: &'a Logs<'_>, of: Option<&str>) -> Result<Vec<&'a Log>, Failure> {
    let is_meant = |log: &&Log| of.is_none_or(|name| log.source.is_called(name));
    let chosen: Vec<&Log> = logs.all.iter().filter(is_meant).collect();
    if !chosen.is_empty() {
        return Ok(chosen);
    }
    let Some(name) = of.filter(|_| !logs.all.is_empty()) else {
        return Err(Failure::environment("show logs", "it holds no logs").hint("`show ARCHIVE coverage` says why"));
    };
    let (mut nodes, mut units, mut pods) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for log in &logs.all {
        match &log.source {
            Source::Node { node, unit } => {
                nodes.insert(node.clone());
                units.insert(unit.clone());
            }
            Source::Container { namespace, pod, .. } => {
                pods.insert(format!("{namespace}/{pod}"));
            }
        }
    }
    let parts = [("nodes", nodes), ("units", units), ("pods", pods)];
    let there: Vec<String> =
        parts.iter().filter(|(_, names)| !names.is_empty()).map(|(what, names)| first_of(what, names)).collect();
    let failed =
        Failure::environment(format!("show logs {name}"), "no log is of a unit, node, pod or container so named");
    Err(failed.hint(format!("there are {}", there.join("; "))))
}

fn first_of(what: &str, names: &BTreeSet<String>) -> String {
    const MOST: usize = 12;
    let first: Vec<&str> = names.iter().take(MOST).map(String::as_str).collect();
    let more = if names.len() > MOST { format!(" and {} more", names.len() - MOST) } else { String::new() };
    format!("{what} {}{more}", first.join(", "))
}

fn tell_unreadable(mined: &Mined) {
    for (path, why) in &mined.unreadable {
        terminal::tell(&format!("note: {path} could not be read to its end: {why}"));
    }
}

/// The onset, and a line that says whose it is.
fn onset(inputs: &Inputs, given: Option<DateTime<Utc>>) -> Result<(Option<DateTime<Utc>>, String), Failure> {
    if let Some(given) = given {
        return Ok((Some(given), format!("Onset {}, as given", rfc3339(given))));
    }
    let analyzed = analyze::analyze(inputs.clone(), &analyze::knowledge(None)?, None)?;
    Ok(match analyzed.analysis.cascades.first() {
        Some(largest) => {
            let at = rfc3339(largest.from);
            let told = largest.headline.strip_prefix(&format!("{at}: ")).unwrap_or(&largest.headline);
            (Some(largest.from), format!("Onset {at}, of the largest cascade: {told}"))
        }
        None => {
            (None, "Onset: none, as nothing was found that failed; --onset TIME compares before and after".to_owned())
        }
    })
}

/// The logs with their sizes, lines and times.
fn list(logs: &[&Log], read: &Mined) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["log", "size", "lines", "first", "last"]);
    for (log, pace) in logs.iter().zip(&read.paces) {
        let time = |time: Option<DateTime<Utc>>| time.map_or("-".to_owned(), to_the_second);
        let (size, lines) = (HumanBytes(log.bytes).to_string(), HumanCount(pace.lines).to_string());
        table.add_row([log.path.clone(), size, lines, time(pace.first), time(pace.last)]);
    }
    for column in 1..=2 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    format!("{table}\n")
}

fn to_the_second(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The day of all lines, if it is one.
fn day(mined: &Mined) -> Option<String> {
    let day = |time: Option<DateTime<Utc>>| time.map(|time| time.format("%Y-%m-%d").to_string());
    day(mined.first()).filter(|first| day(mined.last()).as_ref() == Some(first))
}

/// What is shown, and how wide.
struct Page<'a> {
    logs: &'a [&'a Log],
    mined: &'a Mined,
    day: Option<String>,
    width: usize,
}

impl Page<'_> {
    /// What was read, and whose onset it is compared with.
    fn heading(&self, summary: &Summary, onset: &str) -> String {
        let bytes: u64 = self.logs.iter().map(|log| log.bytes).sum();
        let of = match self.logs {
            [only] => only.path.clone(),
            several => format!("{} logs", several.len()),
        };
        let day = self.day.as_ref().map(|day| format!(", {day}")).unwrap_or_default();
        let (lines, kinds) = (HumanCount(self.mined.lines()), HumanCount(summary.ranked.len() as u64));
        let read = format!("{of}: {lines} lines, {}, {kinds} kinds of messages{day}", HumanBytes(bytes));
        format!("{read}\n{}\n", wrapped(onset, self.width - 2).join("\n  "))
    }

    fn silence(&self, text: &mut String) {
        if let Some((silence, log)) = self.longest_silence() {
            let (from, to) = (self.time(Some(silence.from)), self.time(Some(silence.to)));
            let long = length(silence.to - silence.from);
            let _ = writeln!(text, "Longest silence {long}, {from} to {to}, after {}:{}", log.path, silence.line);
        }
    }

    fn templates(&self, summary: &Summary, text: &mut String) {
        for ranked in summary.ranked.iter().take(MOST) {
            self.template(ranked, text);
        }
        let more = summary.ranked.get(MOST..).unwrap_or_default();
        if !more.is_empty() {
            let lines: u64 = more.iter().map(|ranked| ranked.template.count).sum();
            let _ =
                writeln!(text, "and {} lines of {} further kinds", HumanCount(lines), HumanCount(more.len() as u64));
        }
        if self.mined.continued > 0 {
            let _ = writeln!(text, "and {} lines within stack traces", HumanCount(self.mined.continued));
        }
        if self.mined.rest > 0 {
            let _ = writeln!(text, "and {} lines of more kinds than are told apart", HumanCount(self.mined.rest));
        }
    }

    fn longest_silence(&self) -> Option<(Silence, &Log)> {
        let all = self.mined.paces.iter().zip(self.logs).filter_map(|(pace, log)| Some((pace.silence?, *log)));
        all.max_by_key(|(silence, log)| (silence.to - silence.from, std::cmp::Reverse(log.entry)))
    }

    /// A kind of message: what it says, then what is counted of it and where its first line stands.
    fn template(&self, ranked: &Ranked, text: &mut String) {
        let of = &ranked.template;
        let state = match ranked.state {
            State::New => "new",
            State::Vanished => "vanished",
            State::More => "more",
            State::Less => "less",
            State::Same => "",
        };
        let severity = match of.severity {
            Some(LineSeverity::Fatal) => "fatal",
            Some(LineSeverity::Error) => "error",
            Some(LineSeverity::Warning) => "warning",
            None => "",
        };
        let words = format!("{}: {}", of.program, of.text);
        for (number, line) in wrapped(&words, self.width - LEAD).iter().enumerate() {
            let lead = if number == 0 { format!("{state:<8} {severity:<7}") } else { " ".repeat(LEAD - 1) };
            let _ = writeln!(text, "{lead} {line}");
        }
        let lines = if of.count == 1 { "line" } else { "lines" };
        let (first, last) = (self.time(of.first), self.time(of.last));
        let rates = match (ranked.rates.before, ranked.rates.after) {
            (Some(before), Some(after)) => format!("{} → {} a minute", rate(before), rate(after)),
            (Some(one), None) | (None, Some(one)) => format!("{} a minute", rate(one)),
            (None, None) => "no times".to_owned(),
        };
        let counted = format!("{} {lines}, {rates}, {first} to {last}", HumanCount(of.count));
        let path = self.logs.iter().find(|log| log.entry == of.example.entry).map_or("", |log| log.path.as_str());
        let cited = format!("{path}:{}", of.example.line);
        let is_short = INDENT + counted.chars().count() + 2 + cited.chars().count() <= self.width;
        let between = if is_short { "  ".to_owned() } else { format!("\n{}", " ".repeat(INDENT)) };
        let _ = writeln!(text, "{}{counted}{between}{cited}", " ".repeat(INDENT));
    }

    fn time(&self, time: Option<DateTime<Utc>>) -> String {
        match (time, &self.day) {
            (Some(time), Some(_)) => time.format("%H:%M:%SZ").to_string(),
            (Some(time), None) => to_the_second(time),
            (None, _) => "-".to_owned(),
        }
    }
}

/// What to know where the logs do not reach over the onset.
fn one_sided(summary: &Summary) -> &'static str {
    match summary.minutes {
        [0.0, _] => "  no line is before it, so that nothing can be told to be new or to have vanished\n",
        [_, 0.0] => "  no line is after it, so that nothing can be told to be new or to have vanished\n",
        _ => "",
    }
}

/// A rate with two digits that count.
fn rate(rate: f64) -> String {
    match rate {
        0.0 => "0".to_owned(),
        _ if rate < 0.01 => "<0.01".to_owned(),
        _ if rate < 1.0 => format!("{rate:.2}"),
        _ if rate < 10.0 => format!("{rate:.1}"),
        _ => HumanCount(rate.round() as u64).to_string(),
    }
}

/// At most two lines of so many columns, broken between words where it can be.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let options = textwrap::Options::new(width)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit);
    let mut lines: Vec<String> = textwrap::wrap(text, options).into_iter().map(String::from).collect();
    if lines.len() > 2 {
        lines.truncate(2);
        if let Some(last) = lines.last_mut() {
            while textwrap::core::display_width(last) >= width && last.pop().is_some() {}
            last.push('…');
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("one two three four", 8), ["one two", "three…"]);
        assert_eq!(wrapped("abcdefghijkl", 5), ["abcde", "fghi…"]);
        assert_eq!(wrapped("", 5), [""]);
    }

    #[test]
    fn rates_are_short() {
        assert_eq!([0.0, 0.001, 0.25, 2.5, 12.4].map(rate), ["0", "<0.01", "0.25", "2.5", "12"]);
    }
}
