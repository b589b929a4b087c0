//! Who reads which kind of content.

use super::objects::{read_making, read_object};
use super::{Entry, Harvest, Times};
use crate::archive::{ArchiveError, Block};
use crate::evidence::activity::Watched;
use crate::evidence::clock_steps::Stamps;
use crate::evidence::error_lines::{ErrorLines, ErrorReader};
use crate::evidence::findings::{Findings, Place};
use crate::evidence::journal::Journal;
use crate::evidence::line_times::LineTimes;
use crate::evidence::logs::Log;
use crate::evidence::printed::Printed;
use crate::evidence::series::AnswerReader;
use crate::evidence::{
    alerts, audit, checks, cloud, journal_pods, kubelet_config, kubelet_pods, members::Members, notes, outcomes,
    printed, saved, services,
};
use crate::inputs::{self, AuditForm, Batch, CheckForm, JournalForm, Kind, LogForm, LogOf, ObjectKind, Part, Piece};
use crate::logline::severity::Writer;
use crate::logline::trace::{self, Surrounded};
use crate::model::{Subject, Window};
use crate::objects::kinds::{self, Named};
use chrono::TimeDelta;

/// EndpointSlices are read together.
const SLICES: &str = "endpointslices.discovery.k8s.io";

/// How an entry is to be read.
pub enum Reading {
    /// Its records stand for themselves.
    Apart,
    /// Its records belong together.
    Whole,
    /// It is no evidence.
    Nothing,
    /// No part of the analysis reads it.
    NotYet,
}

impl Entry<'_> {
    pub fn reading(&self) -> Reading {
        match self.input.kind {
            Kind::Objects { of: ObjectKind::Plural(plural), .. } if plural == SLICES => Reading::Whole,
            Kind::Objects { of: ObjectKind::Own | ObjectKind::Kind { .. }, .. } | Kind::Dump => Reading::Whole,
            Kind::Objects { .. }
            | Kind::Log { .. }
            | Kind::Program { .. }
            | Kind::Journal { .. }
            | Kind::Series { .. }
            | Kind::Outcomes
            | Kind::Clocks => Reading::Apart,
            Kind::Audit(_)
            | Kind::Check(_)
            | Kind::Notes(_)
            | Kind::Members
            | Kind::Alerts
            | Kind::KubeletConfig { .. }
            | Kind::Tables { .. }
            | Kind::Described { .. }
            | Kind::Answer { .. }
            | Kind::Cloud(_) => Reading::Whole,
            Kind::Unread(_) => Reading::NotYet,
            // Versions are read through all inputs together: see `versions`.
            Kind::Custody | Kind::History { .. } => Reading::Nothing,
        }
    }

    /// For the times of its lines, if it is a journal or a log.
    pub fn times_of_lines(&self) -> Times {
        let stamps = match self.input.kind {
            Kind::Journal { node, form, .. } => Stamps::new(node, *form, self.input.until),
            _ => None,
        };
        Times { stamps, watched: Watched::new(self.input.kind, self.input.until) }
    }

    /// How much of what is around its records must be known to read them, in bytes.
    pub fn surroundings(&self) -> usize {
        let is_log = matches!(self.input.kind, Kind::Log { .. } | Kind::Program { .. } | Kind::Journal { .. });
        if is_log { trace::SURROUNDINGS } else { 0 }
    }

    /// Reads some records that stand for themselves.
    pub fn read(&self, part: &Part) -> Harvest {
        let mut harvest = Harvest::default();
        let batch = &part.batch;
        let found = &mut harvest.found;
        match (self.input.kind, batch) {
            (Kind::Objects { of: ObjectKind::Plural(plural), .. }, _) => {
                let kind = kinds::of_plural(plural);
                self.each_record(batch, |place, line| {
                    read_object(kind, plural, place, line, found);
                    read_making((kind, plural), (place, self.context.inputs.window()), line, found);
                });
            }
            (Kind::Journal { node, unit, form }, Batch::Lines(block)) => {
                harvest.errors = Some(self.journal((block, part.text()), (node, unit, *form), found));
            }
            (Kind::Log { form, of }, Batch::Lines(block)) => {
                let pod = Subject::pod(&of.namespace, &of.pod);
                let of = (pod, of.uid.as_deref(), of.container.as_str());
                harvest.errors = Some(self.log((block, part.text()), *form, of, found));
            }
            (Kind::Program { name, form }, Batch::Lines(block)) => {
                let of = (Subject::cluster(PROGRAM, name), None, "");
                harvest.errors = Some(self.log((block, part.text()), *form, of, found));
            }
            (Kind::Outcomes, _) => self.each_record(batch, |place, line| outcomes::read(place, line, found)),
            (Kind::Series { query, server }, Batch::Lines(block)) => self.series(block, query, server, found),
            (Kind::Clocks, _) => self.each_record(batch, |place, line| match serde_json::from_slice(line) {
                Ok(reading) => found.clocks.push(reading),
                Err(error) => found.unreadable(place, error),
            }),
            _ => {}
        }
        harvest.found.close();
        harvest
    }

    /// Reads objects one after the other: a list, whose items may share a line, or EndpointSlices, of which a Service
    /// may have several.
    pub fn read_whole(&self, found: &mut Findings) -> Result<(), ArchiveError> {
        match self.input.kind {
            Kind::Check(form) => return self.checks(*form, found),
            Kind::Alerts => {
                alerts::read(&self.input.text()?, self.place(1), found);
                return Ok(());
            }
            Kind::KubeletConfig { node } => {
                kubelet_config::read(node, &self.input.text()?, self.place(1), found);
                return Ok(());
            }
            Kind::Notes(form) => {
                notes::read(&self.input.text()?, *form, self.place(0), found);
                return Ok(());
            }
            Kind::Members => return self.members(found),
            Kind::Dump => return self.dump(found),
            Kind::Tables { .. } | Kind::Described { .. } | Kind::Answer { .. } | Kind::Cloud(_) => {
                return self.saved(found);
            }
            Kind::Audit(form) => return self.audit(*form, found),
            _ => {}
        }
        let mut slices = Vec::new();
        let result = self.input.batches(|batch| {
            self.each_record(&batch, |place, json| self.object(place, json, &mut slices, found));
            Some(batch)
        });
        services::read_slices(self.place(0), &slices, found);
        result
    }

    /// Reads an object that says of what kind it is; EndpointSlices are put aside.
    fn object(&self, place: Place, json: &[u8], slices: &mut Vec<(u32, Vec<u8>)>, found: &mut Findings) {
        match self.named(json) {
            Ok(named) if named.plural == SLICES => slices.push((place.line, json.to_vec())),
            Ok(named) => {
                read_object(&named.kind, &named.plural, place, json, found);
                let within = (place, self.context.inputs.window());
                read_making((&named.kind, &named.plural), within, json, found);
            }
            Err(error) => found.unreadable(place, error),
        }
    }

    /// Reads objects and logs of containers that stand in one entry.
    fn dump(&self, found: &mut Findings) -> Result<(), ArchiveError> {
        let (mut slices, mut errors) = (Vec::new(), None::<(LogOf, ErrorLines)>);
        let result = self.input.pieces(|piece| match piece {
            Piece::Object(item) => self.object(self.place(small(item.line)), &item.json, &mut slices, found),
            Piece::Log { of, before, block } => {
                let text = Surrounded { before, block: block.bytes(), ..Surrounded::default() };
                let pod = Subject::pod(&of.namespace, &of.pod);
                let whose = (pod, of.uid.as_deref(), of.container.as_str());
                let lines = self.log((block, text), LogForm::Own { ahead_s: 0 }, whose, found);
                match &mut errors {
                    Some((last, known)) if last == of => known.absorb(lines),
                    _ => {
                        if let Some((_, known)) = errors.replace((of.clone(), lines)) {
                            known.finish(self.place(0), found);
                        }
                    }
                }
            }
        });
        if let Some((_, known)) = errors {
            known.finish(self.place(0), found);
        }
        services::read_slices(self.place(0), &slices, found);
        result
    }

    /// Reads what somebody saved of what a program printed for people, or an API answered.
    fn saved(&self, found: &mut Findings) -> Result<(), ArchiveError> {
        let (text, place) = (self.input.text()?, self.place(1));
        match self.input.kind {
            Kind::Tables { is_dated } => printed::read_tables(&text, Printed::of(&self.input, *is_dated), place, found),
            Kind::Described { is_dated } => {
                printed::read_described(&text, Printed::of(&self.input, *is_dated), place, found);
            }
            Kind::Answer { name } => saved::read_answer(&text, name, place, found),
            Kind::Cloud(form) => cloud::read(&text, *form, place, found),
            _ => {}
        }
        Ok(())
    }

    /// Reads the runs of an outside check.
    fn checks(&self, form: CheckForm, found: &mut Findings) -> Result<(), ArchiveError> {
        let bytes = self.input.text()?;
        match form {
            CheckForm::ChaosToolkit => checks::read_chaos_toolkit(&bytes, self.place(0), found),
            CheckForm::JUnit => checks::read_junit(&bytes, self.place(0), found),
            CheckForm::Json => checks::read_objects(&bytes, false, self.place(0), found),
            CheckForm::Yaml => checks::read_objects(&bytes, true, self.place(0), found),
            CheckForm::Csv(columns) => checks::read_csv(&bytes, columns, self.place(0), found),
        }
        Ok(())
    }

    /// Reads the answers of several API servers to the same questions.
    fn members(&self, found: &mut Findings) -> Result<(), ArchiveError> {
        let mut members = Members::default();
        let result = self.input.batches(|batch| {
            self.each_record(&batch, |place, line| {
                if let Err(why) = members.line(place, line) {
                    found.unreadable(place, why);
                }
            });
            Some(batch)
        });
        members.compare(found);
        result
    }

    /// Reads the audit log of an API server.
    fn audit(&self, form: AuditForm, found: &mut Findings) -> Result<(), ArchiveError> {
        let mut log = audit::Log::new(self.input.id);
        let result = self.input.batches(|batch| {
            self.each_record(&batch, |place, json| {
                let json = if form == AuditForm::Stamped { inputs::without_stamp(json) } else { json };
                let read =
                    if form == AuditForm::Counts { log.counts(place.line, json) } else { log.line(place.line, json) };
                if let Err(error) = read {
                    found.unreadable(place, audit::unreadable(&error, json, self.input.line_bytes()));
                }
            });
            Some(batch)
        });
        found.audit.push(log);
        result
    }

    /// What kind an object is of.
    fn named(&self, json: &[u8]) -> Result<Named, serde_json::Error> {
        match self.input.kind {
            Kind::Objects { of, .. } => of.named(json),
            _ => ObjectKind::Own.named(json),
        }
    }

    fn series(&self, block: &Block, query: &str, server: &str, found: &mut Findings) {
        let mut reader = AnswerReader::new(self.input.id, query, server);
        for (number, line) in block.lines() {
            if let Err(why) = reader.line(number, line) {
                found.unreadable(self.place(small(number)), why);
            }
        }
        if !reader.is_answer() {
            found.unreadable(self.place(small(block.first_line())), NO_ANSWER);
        }
        found.answers.push(reader.finish());
    }

    fn each_record(&self, batch: &Batch, mut read: impl FnMut(Place, &[u8])) {
        for (number, record) in batch.records() {
            if !record.is_empty() {
                read(self.place(small(number)), record);
            }
        }
    }

    fn journal(
        &self,
        (block, text): (&Block, Surrounded<'_>),
        (node, unit, form): (&str, &str, JournalForm),
        found: &mut Findings,
    ) -> ErrorLines {
        let subject = Subject::node(node);
        let lines = ErrorLines::new(subject.clone(), Some(node.to_owned()), unit);
        let journal = Journal { node: Some(subject).filter(|_| !node.is_empty()), unit, form, to: self.input.until };
        let interest = self.context.interest;
        let patterns = match journal.writer() {
            Writer::Kernel => &interest.kernel,
            Writer::Program => &interest.journal,
            Writer::Any => &interest.plain,
        };
        // Kernels print no traces of programs.
        let text = if journal.writer() == Writer::Kernel { Surrounded::default() } else { text };
        let mut errors = ErrorReader::new(lines, text, &journal);
        patterns.for_each(block, |line| {
            if line.may_tell_owner() {
                journal.learn(self.place(small(line.number)), line.text, found);
            }
            journal.read(self.place(small(line.number)), line, &mut errors, found);
        });
        errors.lines
    }

    /// When what an entry tells may have been: years that are not said are those before its end.
    fn times(&self) -> Window {
        Window::new(self.context.inputs.window().from, self.input.until)
    }

    /// Reads the log of a pod's container, or of a program that is of no pod; of a deleted pod its UID is known.
    fn log(
        &self,
        (block, text): (&Block, Surrounded<'_>),
        form: LogForm,
        (subject, uid, container): (Subject, Option<&str>, &str),
        found: &mut Findings,
    ) -> ErrorLines {
        let lines = ErrorLines::new(subject.clone(), None, container);
        let times = match form {
            LogForm::Own { ahead_s } => Some(LineTimes::new(text, self.times(), TimeDelta::seconds(ahead_s.into()))),
            LogForm::Stamped | LogForm::Runtime => None,
        };
        let log = Log::new(subject, (uid, container), form, times);
        let mut errors = ErrorReader::new(lines, text, &log);
        let interest = self.context.interest;
        let patterns =
            if matches!(self.input.kind, Kind::Program { .. }) { &interest.programs } else { &interest.logs };
        patterns.for_each(block, |line| {
            log.read(self.place(small(line.number)), line, &mut errors, found);
        });
        errors.lines
    }
}

/// The kind of subject that a program outside of the cluster is.
const PROGRAM: &str = "Program";

/// Why nothing is known from an entry that should hold series.
pub const NO_ANSWER: &str = "no series of a range answer can be read here";

/// What a kubelet's journal must have in a line for it to tell of a pod: one of these.
pub const LEARNED_FROM: [&[&str]; 2] = [&journal_pods::LEARNED_FROM, &[kubelet_pods::GIVEN]];

/// An entry has at most some thousand million lines: its size is limited.
fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
