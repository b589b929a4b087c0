//! What is known of one scope: its objects, when nothing was heard of it, and what is to be said of that.

use super::follow::Scope;
use super::objects::Objects;
use super::vitals::{ScopeVitals, Unseen};
use crate::archive::format::{Outcome, Planned, Status};
use crate::sources::wire::api::Problem;
use chrono::{DateTime, SecondsFormat, Utc};

/// As outcomes name the recorder.
pub const SOURCE: &str = "record";

/// So many gaps of a segment are told one by one.
const MOST_TOLD: usize = 5;

/// Of a custom kind so many objects are kept, and none that is larger: nobody knows what is in them, and some controllers
/// write down all that they look after.
const MOST_CUSTOM: usize = 5_000;
const LARGEST_CUSTOM: usize = 512 * 1024;

/// A scope and its state.
pub struct Watched {
    pub scope: Scope,
    pub objects: Objects,
    /// Since when nothing is heard, and why.
    lost: Option<Lost>,
    /// Whether all that was there is known, by a list or from an earlier recording.
    pub is_listed: bool,
    /// Gaps of this segment that are over.
    gaps: Vec<Lost>,
    /// Versions of this segment that were left out, as there are too many objects or these are too large.
    left_out: u64,
    /// What was written in this segment.
    of_segment: Written,
    /// What was written in all.
    in_all: Written,
    /// How many gaps are over.
    gaps_in_all: u64,
}

/// Lines, and their bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Written {
    lines: u64,
    bytes: u64,
}

#[derive(Clone, Debug)]
struct Lost {
    from: DateTime<Utc>,
    /// None while it goes on.
    to: Option<DateTime<Utc>>,
    status: Status,
    why: String,
    code: Option<u16>,
    /// Whether people were told.
    was_told: bool,
}

/// A gap that is over.
#[derive(Debug)]
pub struct Gap {
    pub from: DateTime<Utc>,
    pub why: String,
    pub was_told: bool,
}

impl Watched {
    /// Nothing was heard so far, since `from`, because of `why`.
    pub fn new(scope: Scope, from: DateTime<Utc>, why: &str) -> Self {
        let lost = Lost { from, to: None, status: Status::Truncated, why: why.to_owned(), code: None, was_told: false };
        let objects = Objects::default();
        let (of_segment, in_all) = Default::default();
        Self {
            scope,
            objects,
            lost: Some(lost),
            is_listed: false,
            gaps: Vec::new(),
            left_out: 0,
            of_segment,
            in_all,
            gaps_in_all: 0,
        }
    }

    /// From now on nothing is heard. Gives what is to be said of it to people, if that is new.
    pub fn lose(&mut self, now: DateTime<Utc>, problem: Problem) -> Option<String> {
        let Problem { status, why, code, .. } = problem;
        let is_new = self.lost.as_ref().is_none_or(|lost| lost.why != why);
        // Since when stays; what is wrong is what was found last.
        let from = self.lost.as_ref().map_or(now, |lost| lost.from);
        // That nobody brought a custom kind to the cluster is no news.
        let is_usual = status == Status::Absent && self.scope.kind.is_custom();
        let said = (is_new && !is_usual).then(|| format!("{}: {why}", self.scope.subject()));
        self.lost = Some(Lost { from, to: None, status, why, code, was_told: true });
        said
    }

    /// Whether it is a custom kind that nobody brought to the cluster.
    pub fn is_not_served(&self) -> bool {
        self.scope.kind.is_custom() && self.lost.as_ref().is_some_and(|lost| lost.status == Status::Absent)
    }

    /// Whether there is room for a version of an object: notes it, where there is none.
    pub fn has_room(&mut self, uid: &str, bytes: usize) -> bool {
        let is_too_many = self.objects.len() >= MOST_CUSTOM && !self.objects.has(uid);
        let has_room = !self.scope.kind.is_custom() || (bytes <= LARGEST_CUSTOM && !is_too_many);
        self.left_out += u64::from(!has_room);
        has_room
    }

    /// Since when nothing is heard.
    pub fn lost_since(&self) -> Option<DateTime<Utc>> {
        self.lost.as_ref().map(|lost| lost.from)
    }

    /// It is heard again. Gives the gap that is over.
    pub fn hear(&mut self, now: DateTime<Utc>) -> Option<Gap> {
        let lost = self.lost.take()?;
        let gap = Gap { from: lost.from, why: lost.why.clone(), was_told: lost.was_told };
        // What is served since is not absent.
        let status = if lost.status == Status::Absent { Status::Truncated } else { lost.status };
        self.over(Lost { to: Some(now), status, ..lost });
        Some(gap)
    }

    /// Notes a gap for a reason that all scopes share.
    pub fn was_lost(&mut self, from: DateTime<Utc>, to: DateTime<Utc>, why: &str) {
        let (to, why) = (Some(to), why.to_owned());
        self.over(Lost { from, to, status: Status::Truncated, why, code: None, was_told: false });
    }

    fn over(&mut self, gap: Lost) {
        self.gaps.push(gap);
        self.gaps_in_all += 1;
    }

    /// Notes that lines were written.
    pub fn wrote(&mut self, lines: u64, bytes: u64) {
        for written in [&mut self.of_segment, &mut self.in_all] {
            written.lines += lines;
            written.bytes += bytes;
        }
    }

    /// How it is now, for whoever asks the recorder.
    pub fn vitals(&self) -> ScopeVitals {
        ScopeVitals {
            kind: self.scope.kind.full_name(),
            namespace: self.scope.namespace.clone().unwrap_or_default(),
            objects: self.objects.len(),
            lines: self.in_all.lines,
            bytes: self.in_all.bytes,
            gaps: self.gaps_in_all,
            unseen: self.lost.as_ref().map(|lost| Unseen {
                // Usage is measured beside the API server: where that fails, all else is heard nevertheless.
                is_refused: matches!(lost.status, Status::Denied | Status::Absent) || !self.scope.kind.is_watched(),
                why: lost.in_words(),
            }),
        }
    }

    /// Another segment begins.
    pub fn begin_segment(&mut self) {
        self.gaps.clear();
        self.left_out = 0;
        self.of_segment = Written::default();
    }

    pub fn planned(&self) -> Planned {
        let subject = self.scope.subject();
        Planned { source: SOURCE.to_owned(), subject, node: None, entry: None, replaced: false }
    }

    /// How it stands in the segment that began at `begin`.
    pub fn outcome(&self, begin: DateTime<Utc>, now: DateTime<Utc>) -> Outcome {
        let all: Vec<&Lost> = self.gaps.iter().chain(&self.lost).collect();
        let worst = all.iter().max_by_key(|lost| (lost.status.is_missing(), lost.status == Status::Expired));
        let status = match worst {
            Some(lost) => lost.status,
            None if self.left_out > 0 => Status::Truncated,
            None if self.of_segment.lines == 0 => Status::Empty,
            None => Status::Collected,
        };
        let mut whys: Vec<String> = all.iter().take(MOST_TOLD).map(|lost| lost.in_words()).collect();
        if let Some(more) = all.len().checked_sub(MOST_TOLD).filter(|more| *more > 0) {
            whys.push(format!("and {more} more gaps"));
        }
        if self.is_not_served() && self.gaps.is_empty() {
            whys = vec!["the cluster does not serve it".to_owned()];
        }
        if self.left_out > 0 {
            let bound = format!("of objects after the first {MOST_CUSTOM} or larger than {LARGEST_CUSTOM} bytes");
            whys.push(format!("{} versions {bound} left out", self.left_out));
        }
        if status == Status::Empty {
            whys.push("there is none".to_owned());
        }
        Outcome {
            why: whys.join("; "),
            http_code: worst.and_then(|lost| lost.code),
            from: Some(begin),
            to: Some(now),
            bytes: self.of_segment.bytes,
            took_ms: u64::try_from((now - begin).num_milliseconds()).unwrap_or_default(),
            ..Outcome::new(SOURCE, &self.scope.subject(), status, now)
        }
    }
}

impl Lost {
    fn in_words(&self) -> String {
        let shown = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        match self.to {
            Some(to) => format!("nothing was seen from {} to {}: {}", shown(self.from), shown(to), self.why),
            None => format!("nothing was seen from {} on: {}", shown(self.from), self.why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds;
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn a_custom_kind_that_nobody_brought_is_no_gap_and_one_that_is_too_much_is_told() {
        let at = |second| DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
        let kind = kinds::ALL.iter().find(|kind| kind.plural == "applications").expect("a kind");
        let mut watched = Watched::new(Scope { kind, namespace: None }, at(0), "the recording begins");
        assert_eq!(watched.lose(at(1), Problem::new(Status::Absent, "not found")), None, "it is no news");
        assert!(watched.is_not_served());
        let outcome = watched.outcome(at(0), at(2));
        assert_eq!((outcome.status, outcome.why.as_str()), (Status::Absent, "the cluster does not serve it"));
        assert!(watched.hear(at(600)).is_some() && !watched.is_not_served());
        assert_eq!(watched.outcome(at(0), at(601)).status, Status::Truncated);
        watched.begin_segment();
        assert!(watched.has_room("a", LARGEST_CUSTOM) && !watched.has_room("b", LARGEST_CUSTOM + 1));
        let outcome = watched.outcome(at(0), at(602));
        let why = "1 versions of objects after the first 5000 or larger than 524288 bytes left out";
        assert_eq!((outcome.status, outcome.why.as_str()), (Status::Truncated, why));
        assert!(watched.lose(at(603), Problem::new(Status::Denied, "not allowed")).is_some());
    }

    #[test]
    fn a_gap_is_told_until_the_segment_ends() {
        let at = |second| DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
        let scope = Scope { kind: kinds::ALL.first().expect("a kind"), namespace: Some("shop".to_owned()) };
        let mut watched = Watched::new(scope, at(0), "the recording begins");
        assert_eq!(watched.outcome(at(0), at(1)).status, Status::Truncated);
        watched.hear(at(1)).expect("a gap that is over");
        watched.begin_segment();
        let outcome = watched.outcome(at(0), at(9));
        assert_eq!((outcome.status, outcome.why.as_str()), (Status::Empty, "there is none"));
        assert_eq!(outcome.subject, "configmaps of namespace shop");
        watched.wrote(1, 10);
        assert_eq!(watched.outcome(at(0), at(9)).status, Status::Collected);
        watched.lose(at(10), Problem::new(Status::Unreachable, "the answer broke off"));
        watched.lose(at(11), Problem::new(Status::Denied, "not allowed"));
        let on = "nothing was seen from 1970-01-01T00:00:10.000Z on: not allowed";
        assert_eq!(
            (watched.outcome(at(0), at(12)).status, watched.outcome(at(0), at(12)).why.as_str()),
            (Status::Denied, on)
        );
        assert_eq!(watched.hear(at(13)).map(|gap| gap.from), Some(at(10)));
        assert!(watched.hear(at(14)).is_none());
        watched.was_lost(at(15), at(16), "the clock was set");
        let outcome = watched.outcome(at(0), at(20));
        assert!(outcome.why.contains("to 1970-01-01T00:00:13.000Z: not allowed; nothing"), "{}", outcome.why);
        assert_eq!(outcome.status, Status::Denied);
        let vitals = watched.vitals();
        assert_eq!((vitals.lines, vitals.bytes, vitals.gaps, vitals.unseen.is_some()), (1, 10, 3, false));
        watched.begin_segment();
        watched.lose(at(21), Problem::new(Status::Denied, "not allowed"));
        let vitals = watched.vitals();
        assert_eq!((vitals.lines, vitals.gaps), (1, 3), "of all segments");
        assert!(vitals.unseen.is_some_and(|unseen| unseen.is_refused && unseen.why.contains("00:00:21")));
    }
}
