//! Log template mining: any amount of log lines as a few kinds of messages, with counts before and after an onset.
//!
//! In three steps. Each line becomes a shape, its words with the values masked (`mask.rs`), apart from what its journal,
//! its logger or its runtime put around it (`line.rs`); equal shapes are counted (`shapes.rs`); alike shapes become one
//! template (`drain.rs`), by the rule of Drain (He et al. 2017, ICWS). Drain goes line by line, so that its result
//! depends on their order; here it goes over the shapes in their own order, so that the same lines give the same
//! templates on any number of threads and however they are cut into blocks. `rank.rs` says which tell most of an onset,
//! `read.rs` takes the logs of inputs. Memory is bounded whatever the lines are.
//!
//! A stack trace is one message: what stands for it is what tells most of it (`logline/trace.rs`).
//!
//! What a template means is not asked here: no rule is known, and nothing is left out.

mod drain;
mod line;
mod mask;
mod rank;
mod read;
mod seen;
mod shapes;

pub use line::Form;
use line::{Line, Statement};
pub use rank::{Ranked, Rates, State, Summary};
pub use read::{Dated, Log, Logs, Mined, Source, mine, paces};
pub use seen::{Example, Pace, Silence};

use crate::archive::Block;
use crate::inputs::{Batch, Part};
use crate::logline::severity::LineSeverity;
use crate::logline::trace::{Printing, Traces};
use chrono::{DateTime, Utc};
use seen::Sighting;
use shapes::{Shape, Shapes};
use std::borrow::Cow;

/// A kind of message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// What wrote it: the program a journal names, else the unit or container.
    pub program: String,
    /// Its words, with `<*>` for what varies.
    pub text: String,
    /// How bad its first line calls itself.
    pub severity: Option<LineSeverity>,
    pub count: u64,
    /// Lines with a time before the onset, and from it on.
    pub lines: [u64; 2],
    /// Seconds in which they were written, before the onset and from it on.
    pub seconds: [u64; 2],
    pub first: Option<DateTime<Utc>>,
    pub last: Option<DateTime<Utc>>,
    pub example: Example,
}

/// Where a block of lines is from, and what came before it.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    pub entry: u32,
    pub form: Form,
    /// What wrote lines that name no program.
    pub program: &'a str,
    /// Years that are not said are those before this.
    pub until: DateTime<Utc>,
    /// The time before which lines are counted apart.
    pub onset: Option<DateTime<Utc>>,
}

/// The lines of one entry, or of a part of it.
#[derive(Debug, Default)]
pub struct Miner {
    shapes: Shapes,
    pace: Pace,
    /// Lines that go on with a stack trace, which is one message.
    continued: u64,
    buffer: String,
}

/// Time and program of the last line that had a time, which those of its further lines are.
pub type Before = Option<(DateTime<Utc>, String)>;

impl Miner {
    /// Counts the lines of a block.
    pub fn block(&mut self, origin: Origin<'_>, part: &Part, before: &Before) {
        let Batch::Lines(block) = &part.batch else { return };
        let mut at = before.as_ref().map(|(at, _)| *at);
        let mut program = before.as_ref().map_or(origin.program, |(_, program)| program).to_owned();
        let mut traces = Some(part.text()).filter(|text| text.may_have_traces()).map(|text| Traces::new(text, &origin));
        let mut place = 0;
        for (number, whole) in (block.first_line()..).zip(block.bytes().split_inclusive(|byte| *byte == b'\n')) {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let text = String::from_utf8_lossy(without_break(whole));
            let line = Line::of(origin.form, &text, origin.until);
            self.pace.add(line.at, number);
            if line.at.is_some() {
                at = line.at;
                let own = line.program.unwrap_or(origin.program);
                if program != own {
                    own.clone_into(&mut program);
                }
            }
            let here = place;
            place += whole.len();
            if traces.as_ref().is_some_and(|traces| traces.covers(here)) {
                self.continued += 1;
                continue;
            }
            let trace = traces.as_mut().and_then(|traces| traces.begins_by_next(here));
            let is_after = at.zip(origin.onset).is_some_and(|(at, onset)| at >= onset);
            let sighting = Sighting { entry: origin.entry, line: number, at, is_after, text: &line.text };
            let trace = trace.as_ref().map(|trace| trace.message.as_str());
            let count = write_shape(&mut self.buffer, &program, &line.text, trace);
            self.shapes.add(&self.buffer, count, sighting);
        }
    }

    /// Adds the lines of a later part of the entry.
    pub fn absorb(&mut self, later: Self) {
        self.shapes.absorb(later.shapes);
        self.pace.absorb(later.pace);
        self.continued += later.continued;
    }

    /// How many lines go on with a stack trace: they are no messages of their own.
    pub fn continued(&self) -> u64 {
        self.continued
    }

    /// The templates of all lines, and how many lines had forms that were too many to be told apart.
    pub fn templates(self) -> (Vec<Template>, u64) {
        let rest = self.shapes.rest;
        (drain::templates(self.shapes), rest)
    }
}

/// Lines are read for traces without what `form` puts before them.
impl Printing for Origin<'_> {
    fn printed<'a>(&self, line: &'a [u8]) -> Cow<'a, str> {
        match String::from_utf8_lossy(line) {
            Cow::Borrowed(text) => Line::of(self.form, text, self.until).text,
            Cow::Owned(text) => Line::of(self.form, &text, self.until).text.into_owned().into(),
        }
    }
}

fn without_break(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The level of a stack trace whose head names none.
const OF_TRACE: &str = "stack trace";

/// Writes the shape of a line, or of the trace that it is the head of, and gives the number of its words.
fn write_shape(out: &mut String, program: &str, text: &str, trace: Option<&str>) -> usize {
    let statement = Statement::of(text);
    // The line in the file is another in each version of a program.
    let place = statement.place.split(':').next().unwrap_or_default();
    let level = if trace.is_some() && statement.level.is_empty() { OF_TRACE } else { &statement.level };
    Shape::begin(out, [program, level, place], statement.is_constant && trace.is_none());
    match trace {
        Some(trace) => mask::words(&without_packages(trace), out),
        None => mask::words(&statement.message, out),
    }
}

/// The names of classes without those of their packages, which look like names of hosts.
fn without_packages(text: &str) -> String {
    let short = |word: &str| -> Option<usize> {
        let dot = word.rfind('.')? + 1;
        word.get(dot..)?.starts_with(char::is_uppercase).then_some(dot)
    };
    let words: Vec<&str> =
        text.split(' ').map(|word| short(word).and_then(|dot| word.get(dot..)).unwrap_or(word)).collect();
    words.join(" ")
}

/// The time and program that further lines after `block` have.
pub fn last_of(origin: Origin<'_>, block: &Block) -> Before {
    let lines = block.bytes().rsplit(|byte| *byte == b'\n');
    lines.map(|bytes| String::from_utf8_lossy(bytes.strip_suffix(b"\r").unwrap_or(bytes))).find_map(|text| {
        let line = Line::of(origin.form, &text, origin.until);
        Some((line.at?, line.program.unwrap_or(origin.program).to_owned()))
    })
}

#[cfg(test)]
mod tests;
