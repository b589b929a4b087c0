//! Steps of the clocks of nodes: what set one says so, or the lines of a journal go back in time.

mod stamps;

pub use stamps::{Setback, Stamps};

use super::findings::Findings;
use super::{Fact, Record};
use crate::logline::unit::{self, UnitClass};
use crate::model::{Citation, Moment, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A clock that was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockStep {
    pub node: String,
    /// What it showed just before and just after.
    pub before: DateTime<Utc>,
    pub after: DateTime<Utc>,
    /// Two lines tell it, between which it may have been set by more.
    pub is_least: bool,
    pub evidence: Vec<Citation>,
}

/// A step by less is no more than what whole seconds leave open.
const LEAST: TimeDelta = TimeDelta::seconds(1);

/// A clock that is set more often is not to be trusted, whatever is told of each time.
const MOST_OF_NODE: usize = 64;

/// How programs that set clocks say by how many seconds they did: chronyd (chrony 4.5, local.c, LCL_MakeStep) and ntpd
/// (ntp 4.2.8, ntp_loopfilter.c, and the event `clock_step` of ntp_control.c).
static STEPPED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:System clock was stepped by|\btime reset|\bclock_step) ([-+]?\d{1,10}(?:\.\d{1,9})?) s").ok()
});

/// The steps that journals tell of, in order of node and time. Those that only the order of lines tells become facts.
pub fn all(found: &mut Findings) -> Vec<ClockStep> {
    let told: Vec<ClockStep> = found.facts.iter().filter_map(|fact| told(&fact)).collect();
    let mut steps: BTreeMap<String, Vec<ClockStep>> = BTreeMap::new();
    for step in told.into_iter().filter(|step| step.by().abs() >= LEAST) {
        note(step, &mut steps);
    }
    for setback in std::mem::take(&mut found.setbacks) {
        let [before, after] = setback.at;
        let node = found.node_names.of(&setback.node).map_or(setback.node.clone(), str::to_owned);
        let step = ClockStep { node, before, after, is_least: true, evidence: setback.evidence.to_vec() };
        if note(step.clone(), &mut steps) {
            tell(&step, found);
        }
    }
    let mut steps: Vec<ClockStep> = steps.into_values().flatten().collect();
    steps.sort_by(|a, b| (&a.node, a.after, &a.evidence).cmp(&(&b.node, b.after, &b.evidence)));
    steps
}

/// Adds a step; false where another record told of it, or there are too many of its node to be told.
fn note(step: ClockStep, steps: &mut BTreeMap<String, Vec<ClockStep>>) -> bool {
    let of_node = steps.entry(step.node.clone()).or_default();
    if let Some(known) = of_node.iter_mut().find(|known| known.is_as(&step)) {
        known.evidence.extend(step.evidence);
        return false;
    }
    let has_room = of_node.len() < MOST_OF_NODE;
    if has_room {
        of_node.push(step);
    }
    has_room
}

/// What a program says that set the clock.
fn told(fact: &Fact<'_>) -> Option<ClockStep> {
    let Record::Journal { unit, message, .. } = fact.record else { return None };
    if !unit::is(unit, UnitClass::Clock.name()) {
        return None;
    }
    let seconds: f64 = STEPPED.as_ref()?.captures(message)?.get(1)?.as_str().parse().ok()?;
    let by = TimeDelta::milliseconds((seconds * 1000.0) as i64);
    let (node, after) = (fact.node?.to_owned(), fact.at.time);
    Some(ClockStep {
        node,
        before: after.checked_sub_signed(by)?,
        after,
        is_least: false,
        evidence: vec![fact.citation],
    })
}

/// Tells a step in words of its own, as no program did.
fn tell(step: &ClockStep, found: &mut Findings) {
    let Some(&citation) = step.evidence.last() else { return };
    let at = Moment::exact(step.after).by(found.facts.clock_of(&step.node));
    let subject = Subject::node(&step.node);
    let message =
        format!("{WENT_BACK} {:.3} seconds from one line to the next", -step.by().num_milliseconds() as f64 / 1000.0);
    let record = Record::Journal { unit: UnitClass::Clock.name(), message: &message, severity: None };
    found.facts.push(Fact { at, last: at, count: 1, subject: &subject, node: Some(&step.node), record, citation });
}

/// How a fact begins that tells of a step which no program told of.
const WENT_BACK: &str = "the clock went back by at least";

impl ClockStep {
    /// By how much it was set; less than nothing where it was set back.
    pub fn by(&self) -> TimeDelta {
        self.after - self.before
    }

    /// What the clock showed when it was about to be set, and when it had been, the lesser first. Between the two, a time
    /// that is read from it was either not shown at all, or shown twice.
    pub fn between(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        (self.before.min(self.after), self.before.max(self.after))
    }

    /// Whether both tell of one step. Lines are written some time before and after it, so each shows no more of it than
    /// what set the clock says.
    fn is_as(&self, other: &Self) -> bool {
        let most = self.by().abs().max(other.by().abs());
        let near = |one: DateTime<Utc>, another: DateTime<Utc>| (one - another).abs() <= most;
        self.node == other.node
            && self.by().num_milliseconds().signum() == other.by().num_milliseconds().signum()
            && near(self.after, other.after)
            && near(self.before, other.before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::findings::Place;

    /// A record of node-1 by what sets its clock, and lines that go back about then.
    fn steps(message: &str, setback: Option<[&str; 2]>) -> (Vec<ClockStep>, Vec<String>) {
        let at = |text: &str| format!("2026-11-21T{text}Z").parse::<DateTime<Utc>>().expect("a time");
        let mut found = Findings::default();
        let moment = Moment::exact(at("08:00:00")).by(found.facts.clock_of("node-1"));
        let citation = found.cite(Place::of_line(1, at("09:00:00")), message);
        let record = Record::Journal { unit: "chronyd", message, severity: None };
        let (subject, node) = (&Subject::node("node-1"), Some("node-1"));
        found.facts.push(Fact { at: moment, last: moment, count: 1, subject, node, record, citation });
        found.setbacks.extend(setback.map(|at_lines| Setback {
            node: "node-1".to_owned(),
            at: at_lines.map(at),
            evidence: [citation; 2],
        }));
        let steps = all(&mut found);
        let said = found.facts.iter().skip(1).filter_map(|fact| match fact.record {
            Record::Journal { message, .. } => Some(message.to_owned()),
            _ => None,
        });
        (steps, said.collect())
    }

    #[test]
    fn what_set_a_clock_says_how_far_and_two_lines_say_the_least() {
        let (told, said) = steps("System clock was stepped by -90.500000 seconds", None);
        assert_eq!(
            (told.len(), told[0].by(), told[0].is_least, said.len()),
            (1, TimeDelta::milliseconds(-90_500), false, 0)
        );
        let (both, said) = steps("System clock was stepped by -90.5 seconds", Some(["08:01:29", "08:00:01"]));
        assert_eq!(
            (both.len(), both[0].is_least, both[0].evidence.len(), said.len()),
            (1, false, 3, 0),
            "they tell of one"
        );
        let (seen, said) = steps("Selected source 10.0.0.1", Some(["08:01:29", "08:00:01"]));
        assert_eq!((seen.len(), seen[0].is_least, seen[0].by()), (1, true, TimeDelta::seconds(-88)));
        assert!(said[0].contains("at least 88.000 seconds"), "{said:?}");
        assert!(steps("System clock was stepped by 0.400000 seconds", None).0.is_empty());
    }
}
