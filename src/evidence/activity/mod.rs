//! When journals and logs were written, and when not: their first and last lines, and the pauses between.
//!
//! What a program did not write stands in no record. That it wrote nothing between two lines is as sure as they are,
//! where its journal came whole; what that means is for rules to say.

mod pauses;

use super::Facts;
use super::findings::{Findings, Place};
use super::node_names::NodeNames;
use super::skew::Skew;
use crate::archive::Block;
use crate::archive::format::{Outcome, Status};
use crate::inputs::{JournalForm, Kind, LogForm};
use crate::logline::unit;
use crate::model::{Citation, EntryId, Moment, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use pauses::{Kept, Line, Pauses, Stamped};
use std::collections::BTreeMap;

/// Of a journal some pauses are kept with the lines around them.
const OF_JOURNAL: Kept = Kept { most: 8, least: TimeDelta::seconds(5) };
/// Of a log, of which there are many, only how long the longest was.
const OF_LOG: Kept = Kept { most: 1, least: TimeDelta::seconds(1) };

/// A line, and when it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    pub at: Moment,
    pub citation: Citation,
}

/// How a journal or a log was written over time.
#[derive(Clone, Debug)]
pub struct Activity {
    /// The node of a journal, the pod of a log.
    pub subject: Subject,
    /// The UID of a deleted pod.
    pub uid: Option<String>,
    /// The unit of a journal, the container of a log.
    pub writer: String,
    pub entry: EntryId,
    /// How many lines it has, in which those that go on with another count as well.
    pub lines: u64,
    pub first: Written,
    pub last: Written,
    /// The longest pause between two of its lines; none where all are shorter than a few seconds.
    pub longest: TimeDelta,
    /// Of a journal its longest pauses, each from one line to the next, in order of time.
    pub pauses: Vec<[Written; 2]>,
    /// When it was asked for, if it came whole: until then nothing followed its last line.
    pub asked: Option<DateTime<Utc>>,
}

/// The lines of one entry while they are read.
#[derive(Debug)]
pub struct Watched {
    subject: Subject,
    uid: Option<String>,
    writer: String,
    pauses: Pauses,
}

impl Watched {
    /// For an entry of this kind, if it is one whose lines have times in their order. `until` tells the year.
    pub fn new(kind: &Kind, until: DateTime<Utc>) -> Option<Self> {
        match kind {
            Kind::Journal { node, unit, form } if !node.is_empty() => {
                let form = match form {
                    JournalForm::ShortPrecise => Stamped::Journal,
                    JournalForm::Klog => Stamped::Klog,
                    JournalForm::Plain { .. } => return None,
                };
                let pauses = Pauses::new(form, until, OF_JOURNAL);
                Some(Self { subject: Subject::node(node), uid: None, writer: unit.clone(), pauses })
            }
            Kind::Log { form: LogForm::Stamped, of } => {
                let pauses = Pauses::new(Stamped::Rfc3339, until, OF_LOG);
                let subject = Subject::pod(&of.namespace, &of.pod);
                Some(Self { subject, uid: of.uid.clone(), writer: of.container.clone(), pauses })
            }
            _ => None,
        }
    }

    /// Looks at the lines of the next block.
    pub fn look(&mut self, block: &Block) {
        self.pauses.look(block);
    }

    /// Tells what was seen, once all lines were.
    pub fn finish(self, place: Place, found: &mut Findings) {
        let Pauses { lines, first, last, longest, .. } = self.pauses;
        let (Some(first), Some(last)) = (first, last) else { return };
        let length = longest.first().map_or(TimeDelta::zero(), |[before, after]| after.at - before.at);
        let mut written = |line: &Line| {
            let number = u32::try_from(line.number).unwrap_or(u32::MAX);
            let citation = found.cite(Place { line: number, ..place }, &line.text);
            Written { at: Moment::exact(line.at), citation }
        };
        let is_journal = self.subject.is("Node");
        let mut pauses: Vec<[Written; 2]> = match is_journal {
            true => longest.iter().map(|pause| pause.each_ref().map(&mut written)).collect(),
            false => Vec::new(),
        };
        pauses.sort_by_key(|[before, _]| (before.at.time, before.citation));
        let activity = Activity {
            first: written(&first),
            last: written(&last),
            subject: self.subject,
            uid: self.uid,
            writer: self.writer,
            entry: place.entry,
            lines,
            longest: length,
            pauses,
            asked: None,
        };
        found.activities.push(activity);
    }
}

impl Activity {
    /// Whether it is the journal of a unit of this class, in the words of rules: `kubelet`, `runtime`, `kernel`, …
    pub fn is_of_class(&self, class: &str) -> bool {
        unit::is(&self.writer, class)
    }

    /// The silence around a time: the last line at it or before, and the first one after. Nothing where no such silence
    /// was among the longest; a side without a line is none.
    pub fn silence_at(&self, at: DateTime<Utc>) -> Option<[Option<Written>; 2]> {
        if at < self.first.at.time {
            return Some([None, Some(self.first)]);
        }
        if at >= self.last.at.time {
            return Some([Some(self.last), None]);
        }
        let pause = self.pauses.iter().find(|[before, after]| before.at.time <= at && at < after.at.time)?;
        Some(pause.map(Some))
    }

    fn each_moment(&mut self, mut change: impl FnMut(Moment) -> Moment) {
        let pauses = self.pauses.iter_mut().flatten();
        pauses.chain([&mut self.first, &mut self.last]).for_each(|written| written.at = change(written.at));
    }
}

/// What is known of entries and clocks once all was read.
pub struct Settling<'a> {
    pub node_names: &'a NodeNames,
    pub skews: &'a [Skew],
    pub outcomes: &'a [Outcome],
    /// By the number of their entry.
    pub paths: &'a [String],
}

impl Settling<'_> {
    /// Calls nodes by one name, reads their times by their clocks, moves those that were off, and says what came whole.
    pub fn settle(&self, mut activities: Vec<Activity>, facts: &mut Facts) -> Vec<Activity> {
        let whole = self.outcomes.iter().filter(|outcome| outcome.status == Status::Collected);
        let took = |outcome: &Outcome| TimeDelta::milliseconds(i64::try_from(outcome.took_ms).unwrap_or(0));
        let asked = |outcome: &Outcome| outcome.at.checked_sub_signed(took(outcome)).unwrap_or(outcome.at);
        let asked: BTreeMap<&str, DateTime<Utc>> =
            whole.filter_map(|outcome| Some((outcome.entry.as_deref()?, asked(outcome)))).collect();
        for activity in &mut activities {
            let path = self.paths.get(activity.entry.0 as usize);
            activity.asked = path.and_then(|path| asked.get(path.as_str())).copied();
            if !activity.subject.is("Node") {
                continue;
            }
            let name = self.node_names.of(activity.subject.name()).unwrap_or(activity.subject.name()).to_owned();
            let clock = facts.clock_of(&name);
            activity.each_moment(|at| self.moved(at, &name).by(clock));
            activity.subject = Subject::node(name);
        }
        activities.sort_by(|a, b| (&a.subject, &a.writer, a.entry).cmp(&(&b.subject, &b.writer, b.entry)));
        activities
    }

    fn moved(&self, at: Moment, node: &str) -> Moment {
        let skew = self.skews.iter().find(|skew| skew.node == node && skew.is_of(at.time));
        skew.map_or(at, |skew| Moment { time: at.time - skew.middle(), ..at })
    }
}
