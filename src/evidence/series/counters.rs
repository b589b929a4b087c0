//! What counters of pods show between two of their samples: that one fell, which only the program that counts can do by
//! beginning anew, and that requests were answered with an error of the server.
//!
//! Only counters are read, known by the names that Prometheus' "Metric and label naming" and "Histograms and summaries"
//! give them: `_total`, and `_count` and `_bucket` of a histogram. `_sum` is left out, as it may fall by itself where
//! what is observed can be negative. What falls as often as it rises is no counter, whatever its name; and what
//! kube-state-metrics counts (`kube_…`) belongs to objects and not to the pod that it names.
//!
//! A sample of a range query is the newest that a scrape brought within five minutes before its time (Prometheus,
//! "Staleness"); its own time is not in the answer. So of a program that began anew it is known that it was there before the last time that any of its
//! counters had risen, five minutes before the last of the old samples at most, and was gone by the first of the new.

use super::{Series, SeriesStore};
use crate::evidence::{Fact, Facts, Record};
use crate::model::{Citation, Clock, Moment, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// How old a sample may be at most that a query gives for a time.
const LOOKBACK: TimeDelta = TimeDelta::minutes(5);
/// Rises that are no further apart belong together: nobody scrapes less often than once in two minutes.
const TOGETHER: TimeDelta = TimeDelta::minutes(2);
/// So many falls, and more than one to so many rises, are no counter's.
const FALLS: usize = 3;
const RISES_TO_A_FALL: usize = 3;
/// The most resets of a program, and times of errors of a series, that are told: the first.
const MOST: usize = 1_000;
/// Labels by which programs say how a request was answered.
const STATUS: [&str; 7] =
    ["code", "status", "status_code", "http_status", "http_status_code", "response_code", "http_response_status_code"];

/// Adds what the counters of `store` show.
pub fn tell(store: &SeriesStore, facts: &mut Facts) {
    let histograms: BTreeSet<&str> = store.iter().filter_map(|series| base(name(&series)?)).collect();
    let mut programs: BTreeMap<Program<'_>, Counters<'_>> = BTreeMap::new();
    for series in store.iter() {
        let (Some(name), Some(program)) = (name(&series), Program::of(&series)) else { continue };
        if is_counter(name, &series, &histograms) {
            programs.entry(program).or_default().add(name, series);
        }
    }
    for (program, counters) in &programs {
        counters.resets().iter().for_each(|reset| reset.tell(program, facts));
        counters.errors().iter().for_each(|errors| errors.tell(program, facts));
    }
}

fn name<'a>(series: &Series<'a>) -> Option<&'a str> {
    series.label("__name__")
}

/// The name of the histogram or summary of which `name` is the sum.
fn base(name: &str) -> Option<&str> {
    name.strip_suffix("_sum")
}

fn is_counter(name: &str, series: &Series<'_>, histograms: &BTreeSet<&str>) -> bool {
    let is_of_histogram = |suffix: &str| name.strip_suffix(suffix).is_some_and(|base| histograms.contains(base));
    let is_named = name.ends_with("_total") || is_of_histogram("_count");
    let is_bucket = name.ends_with("_bucket") && series.label("le").is_some();
    !name.starts_with("kube_") && (is_named || is_bucket)
}

/// Who counts. Two servers that scrape it see one program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Program<'a> {
    namespace: &'a str,
    pod: &'a str,
    container: &'a str,
    instance: &'a str,
}

impl<'a> Program<'a> {
    fn of(series: &Series<'a>) -> Option<Self> {
        // The second are the names that Prometheus' own example configuration for Kubernetes gave them before 2.26.
        let either = |one: &str, other: &str| series.label(one).or_else(|| series.label(other));
        let namespace = either("namespace", "kubernetes_namespace").filter(|name| !name.is_empty())?;
        let pod = either("pod", "kubernetes_pod_name").filter(|name| !name.is_empty())?;
        let label = |name: &str| series.label(name).unwrap_or_default();
        Some(Self { namespace, pod, container: label("container"), instance: label("instance") })
    }

    fn push(
        &self,
        (at, last): (Moment, Moment),
        (what, message): (&str, &str),
        (of, text): (Citation, &str),
        facts: &mut Facts,
    ) {
        let citation = facts.cite(of, text);
        let subject = &Subject::pod(self.namespace, self.pod);
        let record = Record::Compared { what, container: self.container, message };
        facts.push(Fact { at, last, count: 1, subject, node: None, record, citation });
    }
}

pub(super) type Sample = (DateTime<Utc>, f64);

/// A sample and the one before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub from: Sample,
    pub to: Sample,
}

impl Step {
    fn is_fall(&self) -> bool {
        self.to.1 < self.from.1
    }

    fn is_rise(&self) -> bool {
        self.to.1 > self.from.1
    }
}

/// Whether these rise far more often than they fall, as a counter does.
fn is_counting(samples: &[Sample]) -> bool {
    let falls = steps(samples).filter(Step::is_fall).count();
    falls < FALLS || falls * RISES_TO_A_FALL <= steps(samples).filter(Step::is_rise).count()
}

/// The samples of a series, in order of time; a file that somebody wrote may have them in any.
pub(super) fn samples(series: &Series<'_>) -> Vec<Sample> {
    let mut samples: Vec<Sample> = series.samples().filter(|(_, value)| value.is_finite()).collect();
    samples.sort_by_key(|(at, _)| *at);
    samples
}

/// From each sample to the next.
pub(super) fn steps(samples: &[Sample]) -> impl Iterator<Item = Step> {
    samples.iter().zip(samples.iter().skip(1)).map(|(from, to)| Step { from: *from, to: *to })
}

/// The counters of one program.
#[derive(Default)]
struct Counters<'a> {
    counters: Vec<(&'a str, Series<'a>)>,
    /// When the first sample of each metric was.
    first: BTreeMap<&'a str, DateTime<Utc>>,
}

impl<'a> Counters<'a> {
    fn add(&mut self, name: &'a str, series: Series<'a>) {
        let Some(first) = series.samples().map(|(at, _)| at).min() else { return };
        self.first.entry(name).and_modify(|known| *known = first.min(*known)).or_insert(first);
        self.counters.push((name, series));
    }

    /// When the program began anew: one for each time at which counters fell.
    fn resets(&self) -> Vec<Reset<'a>> {
        let mut resets: BTreeMap<DateTime<Utc>, Reset<'a>> = BTreeMap::new();
        for (name, series) in &self.counters {
            let samples = samples(series);
            if !is_counting(&samples) {
                continue;
            }
            for step in steps(&samples).filter(Step::is_fall) {
                let reset = Reset { name, series: *series, step, others: 0, alive: step.from.0 - LOOKBACK };
                resets.entry(step.to.0).and_modify(|known| known.join(&reset)).or_insert(reset);
                if resets.len() > MOST {
                    resets.pop_last();
                }
            }
        }
        let mut resets: Vec<Reset<'a>> = resets.into_values().collect();
        if !resets.is_empty() {
            self.bound(&mut resets);
        }
        resets
    }

    /// Says of each how long the program was there before: until the last rise of any of its counters.
    fn bound(&self, resets: &mut [Reset<'a>]) {
        for (_, series) in &self.counters {
            let samples = samples(series);
            if !is_counting(&samples) {
                continue;
            }
            for step in steps(&samples).filter(Step::is_rise) {
                let next = resets.partition_point(|reset| reset.step.from.0 < step.to.0);
                if let Some(reset) = resets.get_mut(next) {
                    reset.alive = reset.alive.max(step.from.0);
                }
            }
        }
        let mut alive = DateTime::UNIX_EPOCH;
        for reset in resets {
            reset.alive = reset.alive.max(alive);
            alive = reset.alive;
        }
    }

    /// The times in which requests were answered with an error of the server.
    fn errors(&self) -> Vec<Errors<'a>> {
        self.counters.iter().flat_map(|(name, series)| self.errors_of(name, series)).collect()
    }

    fn errors_of(&self, name: &'a str, series: &Series<'a>) -> Vec<Errors<'a>> {
        let Some(code) = status(series).filter(|code| is_server_error(code) && !name.ends_with("_bucket")) else {
            return Vec::new();
        };
        let mut found: Vec<Errors<'a>> = Vec::new();
        // A program tells of a code from its first answer with it on, so a series that begins later began at nothing.
        let appeared = series.samples().min_by_key(|(at, _)| *at).and_then(|first| {
            let is_late = self.first.get(name).is_some_and(|known| first.0 > *known);
            is_late.then(|| Step { from: (first.0 - series.step(), 0.0), to: first })
        });
        let samples = samples(series);
        for step in appeared.into_iter().chain(steps(&samples)) {
            // After a fall it counts from nothing again.
            let more = if step.is_fall() { step.to.1 } else { step.to.1 - step.from.1 };
            if more <= 0.0 || !more.is_finite() {
                continue;
            }
            let is_full = found.len() == MOST;
            match found.last_mut().filter(|errors| step.to.0 - errors.last <= TOGETHER) {
                Some(errors) => (errors.last, errors.count) = (step.to.0, errors.count + more),
                None if is_full => break,
                None => found.push(Errors { name, series: *series, code, first: step, last: step.to.0, count: more }),
            }
        }
        found
    }
}

/// The status that a counter counts, where it has one.
fn status<'a>(series: &Series<'a>) -> Option<&'a str> {
    STATUS.iter().find_map(|label| series.label(label))
}

/// `500`, `503` and the like, and their class `5xx`.
fn is_server_error(code: &str) -> bool {
    let rest = code.strip_prefix('5').filter(|rest| rest.len() == 2);
    rest.is_some_and(|rest| rest.bytes().all(|sign| sign.is_ascii_digit()) || rest.eq_ignore_ascii_case("xx"))
}

pub(super) fn place(series: &Series<'_>) -> Citation {
    Citation { entry: series.entry(), line: u32::try_from(series.line()).unwrap_or(u32::MAX), part: 0 }
}

/// Two samples as they are quoted: `a_total{code="200"} 1795704987 "120", 1795705002 "3"`.
pub(super) fn quote(name: &str, series: &Series<'_>, Step { from, to }: Step) -> String {
    let labels = series.labels().filter(|(label, _)| *label != "__name__");
    let pairs: Vec<String> = labels.map(|(label, value)| format!("{label}={value:?}")).collect();
    let sample = |(at, value): Sample| format!("{} \"{value}\"", at.timestamp());
    format!("{name}{{{}}} {}, {}", pairs.join(","), sample(from), sample(to))
}

/// A program began to count anew.
struct Reset<'a> {
    name: &'a str,
    series: Series<'a>,
    step: Step,
    /// Counters that fell at the same time.
    others: usize,
    /// A time at which it had not yet.
    alive: DateTime<Utc>,
}

impl Reset<'_> {
    /// Another counter fell with it: the one that lost most is shown.
    fn join(&mut self, other: &Self) {
        let others = self.others + 1;
        let lost = |one: &Self| one.step.from.1 - one.step.to.1;
        let alive = self.alive.max(other.alive);
        let shown = if lost(other) > lost(self) { other } else { &*self };
        *self = Self { name: shown.name, series: shown.series, step: shown.step, others, alive };
    }

    fn tell(&self, program: &Program<'_>, facts: &mut Facts) {
        let Step { from, to } = self.step;
        let more = match self.others {
            0 => String::new(),
            1 => ", and another counter with it".to_owned(),
            others => format!(", and {others} other counters with it"),
        };
        let message = format!("{} fell from {} to {}{more}", self.name, from.1, to.1);
        let at = Moment::exact(to.0).by(Clock::Prometheus).begun_after(self.alive);
        let text = quote(self.name, &self.series, self.step);
        program.push((at, at), ("counter-reset", &message), (place(&self.series), &text), facts);
    }
}

/// A time in which a counter of errors rose.
struct Errors<'a> {
    name: &'a str,
    series: Series<'a>,
    code: &'a str,
    /// The first rise.
    first: Step,
    /// When the last was seen.
    last: DateTime<Utc>,
    count: f64,
}

impl Errors<'_> {
    fn tell(&self, program: &Program<'_>, facts: &mut Facts) {
        let requests = if self.count > 1.0 { "requests" } else { "request" };
        let message = format!("{} {requests} answered {} by {}", self.count, self.code, self.name);
        let Step { from, to } = self.first;
        let at = Moment::exact(to.0).by(Clock::Prometheus).begun_after(from.0);
        let last = Moment::sampled(self.last, self.series.step()).by(Clock::Prometheus);
        let text = quote(self.name, &self.series, self.first);
        program.push((at, last), ("server-errors", &message), (place(&self.series), &text), facts);
    }
}

#[cfg(test)]
mod tests;
