//! The logs of inputs: which there are, and the templates of those that were chosen.

use super::{Before, Form, Line, Miner, Origin, Pace, Template, last_of};
use crate::archive::{ArchiveError, layout};
use crate::inputs::{Batch, Entry, Inputs, JournalForm, Kind, LogForm, Part, Surrounding};
use crate::logline::trace::SURROUNDINGS;
use crate::model::EntryId;
use chrono::{DateTime, Utc};
use rayon::prelude::*;
use std::borrow::Cow;

/// Blocks for each thread that are in memory together.
const BLOCKS: usize = 2;

/// Who wrote a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A unit of a node, its `kernel`, or a file below its `/var/log`.
    Node {
        node: String,
        unit: String,
    },
    Container {
        namespace: String,
        pod: String,
        container: String,
    },
}

/// A log of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    pub entry: u32,
    /// As the analysis cites it.
    pub path: String,
    pub bytes: u64,
    pub source: Source,
    form: Form,
}

/// All logs of some inputs.
pub struct Logs<'a> {
    inputs: &'a Inputs,
    pub all: Vec<Log>,
}

/// What was found in the chosen logs.
#[derive(Debug, Default)]
pub struct Mined {
    pub templates: Vec<Template>,
    /// Lines of forms that were too many to be told apart.
    pub rest: u64,
    /// Lines that go on with a stack trace, which is one message.
    pub continued: u64,
    /// What each log said of its times, in the order they were given.
    pub paces: Vec<Pace>,
    /// Logs that could not be read to their end, and why.
    pub unreadable: Vec<(String, String)>,
}

impl Source {
    /// Whether it is meant by a unit, a node, a pod, or a pod with its namespace.
    pub fn is_called(&self, name: &str) -> bool {
        match self {
            Self::Node { node, unit } => {
                unit == name || node == name || name.strip_prefix(node.as_str()) == Some(&format!("/{unit}"))
            }
            Self::Container { namespace, pod, container } => {
                pod == name || container == name || name.strip_prefix(namespace.as_str()) == Some(&format!("/{pod}"))
            }
        }
    }

    fn program(&self) -> &str {
        match self {
            Self::Node { unit, .. } => unit,
            Self::Container { container, .. } => container,
        }
    }
}

/// A line of a log with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated<'a> {
    /// From 1.
    pub line: u64,
    /// Its own time, or that of the last line before it that has one; none at the beginning of a log.
    pub at: Option<DateTime<Utc>>,
    /// The line as it stands.
    pub whole: &'a str,
    /// What was written, without what a journal or runtime put before it.
    pub text: Cow<'a, str>,
}

impl Log {
    /// Gives the lines with their times, until no more is wanted.
    pub fn lines(&self, inputs: &Inputs, each: &mut dyn FnMut(&Dated<'_>) -> bool) -> Result<(), ArchiveError> {
        let Some(entry) = inputs.entry(EntryId(self.entry)) else { return Ok(()) };
        let mut last = None;
        entry.lines(|line, bytes| {
            let whole = String::from_utf8_lossy(bytes);
            let read = Line::of(self.form, &whole, entry.until);
            last = read.at.or(last);
            each(&Dated { line, at: last, whole: &whole, text: read.text })
        })
    }
}

impl<'a> Logs<'a> {
    /// Finds them.
    pub fn of(inputs: &'a Inputs) -> Self {
        let ids = (0..inputs.len()).filter_map(|index| u32::try_from(index).ok());
        let all = ids.filter_map(|id| log(inputs, &inputs.entry(EntryId(id))?)).collect();
        Self { inputs, all }
    }
}

fn log(inputs: &Inputs, entry: &Entry<'_>) -> Option<Log> {
    let path = inputs.shown(entry.id).to_owned();
    let (source, form) = match entry.kind {
        Kind::Journal { node, unit, form } => {
            let form = match form {
                JournalForm::ShortPrecise => Form::Journal,
                JournalForm::Klog => Form::Plain { ahead_s: 0 },
                JournalForm::Plain { ahead_s, .. } => Form::Plain { ahead_s: *ahead_s },
            };
            (Source::Node { node: node.clone(), unit: unit.clone() }, form)
        }
        Kind::Log { form, of } => {
            let (namespace, pod, container) = (of.namespace.clone(), of.pod.clone(), of.container.clone());
            let form = match form {
                LogForm::Runtime => Form::Runtime,
                LogForm::Stamped => Form::Stamped,
                LogForm::Own { ahead_s } => Form::Printed { ahead_s: *ahead_s },
            };
            (Source::Container { namespace, pod, container }, form)
        }
        Kind::Unread(_) => {
            let (node, unit) = layout::parse_var_log(&path)?;
            (Source::Node { node, unit }, Form::Plain { ahead_s: 0 })
        }
        _ => return None,
    };
    Some(Log { entry: entry.id.0, path, bytes: entry.bytes(), source, form })
}

/// The templates of `logs`, with counts before and after `onset`. Runs on the threads of the pool it is called in.
pub fn mine(of: &Logs<'_>, logs: &[&Log], onset: Option<DateTime<Utc>>) -> Mined {
    let mut mined = Mined::default();
    let mut all = Miner::default();
    for log in logs {
        let Some(entry) = of.inputs.entry(EntryId(log.entry)) else { continue };
        let program = log.source.program();
        let origin = Origin { entry: log.entry, form: log.form, program, until: entry.until, onset };
        let mut own = Miner::default();
        if let Err(error) = mine_entry(&entry, origin, &mut own) {
            mined.unreadable.push((log.path.clone(), error.to_string()));
        }
        mined.paces.push(std::mem::take(&mut own.pace));
        all.absorb(own);
    }
    mined.continued = all.continued();
    (mined.templates, mined.rest) = all.templates();
    mined
}

/// The lines and times of logs, and those of them that could not be read to their end. Runs on the threads of the pool
/// it is called in.
pub fn paces(of: &Logs<'_>, logs: &[&Log]) -> Mined {
    let read = |log: &&Log| {
        let mut pace = Pace::default();
        let Some(entry) = of.inputs.entry(EntryId(log.entry)) else { return (pace, None) };
        let read = entry.batches(|batch| {
            for (number, bytes) in batch.records() {
                let line = String::from_utf8_lossy(bytes);
                pace.add(Line::of(log.form, &line, entry.until).at, u32::try_from(number).unwrap_or(u32::MAX));
            }
            Some(batch)
        });
        (pace, read.err().map(|error| (log.path.clone(), error.to_string())))
    };
    let read: Vec<_> = logs.par_iter().map(read).collect();
    let (paces, failed): (Vec<Pace>, Vec<Option<(String, String)>>) = read.into_iter().unzip();
    Mined { paces, unreadable: failed.into_iter().flatten().collect(), ..Mined::default() }
}

/// Reads an entry, a few blocks at a time on all threads.
fn mine_entry(entry: &Entry<'_>, origin: Origin<'_>, into: &mut Miner) -> Result<(), ArchiveError> {
    let most = BLOCKS * rayon::current_num_threads();
    let mut waiting: Vec<(Part, Before)> = Vec::with_capacity(most);
    let mut before: Before = None;
    let mut finish = |waiting: &mut Vec<(Part, Before)>| {
        let parts: Vec<Miner> = waiting
            .par_iter()
            .map(|(part, before)| {
                let mut miner = Miner::default();
                miner.block(origin, part, before);
                miner
            })
            .collect();
        waiting.clear();
        parts.into_iter().for_each(|part| into.absorb(part));
    };
    let mut keep = |part: Part| {
        if let Batch::Lines(block) = &part.batch {
            let last = last_of(origin, block).or_else(|| before.clone());
            waiting.push((part, std::mem::replace(&mut before, last)));
            if waiting.len() >= most {
                finish(&mut waiting);
            }
        }
    };
    let mut surrounding = Surrounding::new(SURROUNDINGS);
    let read = entry.batches(|batch| {
        surrounding.push(batch);
        while let Some(part) = surrounding.next(false) {
            keep(part);
        }
        None
    });
    while let Some(part) = surrounding.next(true) {
        keep(part);
    }
    finish(&mut waiting);
    read
}

impl Mined {
    pub fn lines(&self) -> u64 {
        self.paces.iter().map(|pace| pace.lines).sum()
    }

    /// The first time of all logs.
    pub fn first(&self) -> Option<DateTime<Utc>> {
        self.paces.iter().filter_map(|pace| pace.first).min()
    }

    /// The last time of all logs.
    pub fn last(&self) -> Option<DateTime<Utc>> {
        self.paces.iter().filter_map(|pace| pace.last).max()
    }
}
