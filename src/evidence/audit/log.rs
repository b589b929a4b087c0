//! What one file of an audit log gives: its writes, its refusals, requests whose end is not told, and how many requests of
//! each class there were in each minute. However many lines it has, so much of each is kept and no more.

use super::actor::Actor;
use super::class::{Class, is_long};
use super::event::{self, Event, Stage};
use super::refusals::{self, Refusals};
use super::writes::{self, Write};
use crate::evidence::fields::Paths;
use crate::model::EntryId;
use crate::objects::parse_time;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// Bounds on what is kept of one file.
const MOST_WRITES: usize = 200_000;
const MOST_FIELDS: usize = 1_000_000;
const MOST_OPEN: usize = 200_000;
const MOST_ENDED: usize = 100_000;
const MOST_RECENT: usize = 4096;
const MOST_CLASSES: usize = 50_000;
/// More requests than an API server answers in a minute.
const MOST_COUNT: u64 = 1 << 40;
const MOST_CELLS: usize = 500_000;

/// What one file of an audit log gives.
#[derive(Debug)]
pub struct Log {
    pub entry: EntryId,
    pub writes: Vec<Write>,
    pub refusals: Refusals,
    pub panics: Vec<Open>,
    /// Requests of which only the beginning is told, by their numbers.
    pub open: HashMap<u128, Open>,
    /// Requests that had begun before the file did: another may have their beginning.
    pub ended: HashSet<u128>,
    /// Those were too many to be kept: nothing is known of what did not end.
    pub has_lost_ends: bool,
    pub minutes: BTreeMap<(i64, Arc<Class>), Tally>,
    first: Option<DateTime<Utc>>,
    pub last: DateTime<Utc>,
    /// What was more than is kept, and the first line of it.
    pub beyond: BTreeMap<&'static str, u32>,
    /// Ends without a beginning, the latest of them: lines of one moment may be in any order.
    recent: Recent,
    classes: HashSet<Arc<Class>>,
    paths: Paths,
    fields: usize,
}

#[derive(Debug, Default)]
struct Recent {
    ids: HashSet<u128>,
    order: VecDeque<u128>,
}

impl Recent {
    fn add(&mut self, id: u128) {
        if self.ids.insert(id) {
            self.order.push_back(id);
        }
        if self.order.len() > MOST_RECENT
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }
}

/// Equal requests of one minute, as our own archive counts them.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Counts {
    minute: String,
    class: String,
    user: String,
    program: String,
    verb: String,
    resource: String,
    count: u64,
    max_ms: i64,
}

/// The requests of a class in one minute.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub count: u64,
    /// How many of them took longer than [`SLOW`].
    pub slow: u64,
    pub longest: TimeDelta,
    /// The line of the first, and of the longest.
    pub line: u32,
    pub longest_line: u32,
    pub entry: EntryId,
    pub longest_entry: EntryId,
    pub first: DateTime<Utc>,
    pub last: DateTime<Utc>,
    /// It is known of the minute only how many there were and how long the slowest took.
    pub is_counted: bool,
}

/// What a request other than of a collection takes at most where a cluster is well (kubernetes/community,
/// sig-scalability/slos/api_call_latency.md).
pub const SLOW: TimeDelta = TimeDelta::seconds(1);

/// A request as one event tells of it.
#[derive(Clone, Debug)]
pub struct Open {
    pub class: Arc<Class>,
    pub received: DateTime<Utc>,
    pub line: u32,
}

impl Log {
    pub fn new(entry: EntryId) -> Self {
        Self {
            entry,
            writes: Vec::new(),
            refusals: Refusals::default(),
            panics: Vec::new(),
            open: HashMap::new(),
            ended: HashSet::new(),
            has_lost_ends: false,
            minutes: BTreeMap::new(),
            first: None,
            last: DateTime::UNIX_EPOCH,
            beyond: BTreeMap::new(),
            recent: Recent::default(),
            classes: HashSet::new(),
            paths: Paths::default(),
            fields: 0,
        }
    }

    /// Takes the event of a line. What is no event is passed over; what cannot be read is an error.
    pub fn line(&mut self, line: u32, json: &[u8]) -> Result<(), serde_json::Error> {
        let Some(event) = event::read(json)? else { return Ok(()) };
        self.last = self.last.max(event.at);
        let first = *self.first.get_or_insert(event.at);
        let class = self.class(&event);
        match event.stage {
            Stage::RequestReceived => self.begin(line, &event, class),
            Stage::ResponseStarted => self.end(&event, first),
            Stage::Panic => {
                self.end(&event, first);
                if self.panics.len() < MOST_OPEN {
                    self.panics.push(Open { class, received: event.received, line });
                }
            }
            Stage::ResponseComplete => {
                self.end(&event, first);
                self.count(line, &event, &class);
                self.complete(line, &event, &class);
            }
        }
        Ok(())
    }

    /// Requests without an end, in order of their lines.
    pub fn open_in_order(&self) -> Vec<(u128, &Open)> {
        let mut open: Vec<(u128, &Open)> = self.open.iter().map(|(id, open)| (*id, open)).collect();
        open.sort_by_key(|(id, open)| (open.line, *id));
        open
    }

    fn begin(&mut self, line: u32, event: &Event, class: Arc<Class>) {
        if is_long(event) {
            return;
        }
        if self.open.len() >= MOST_OPEN {
            self.note("requests that had no end yet", line);
        } else if !self.recent.ids.contains(&event.id) {
            self.open.insert(event.id, Open { class, received: event.received, line });
        }
    }

    fn end(&mut self, event: &Event, first: DateTime<Utc>) {
        if self.open.remove(&event.id).is_some() {
            return;
        }
        self.recent.add(event.id);
        if event.received <= first && !self.has_lost_ends {
            self.ended.insert(event.id);
            if self.ended.len() > MOST_ENDED {
                self.has_lost_ends = true;
                self.ended = HashSet::new();
            }
        }
    }

    fn count(&mut self, line: u32, event: &Event, class: &Arc<Class>) {
        let key = (event.received.timestamp().div_euclid(60), class.clone());
        if self.minutes.len() >= MOST_CELLS && !self.minutes.contains_key(&key) {
            return self.note("minutes of so many classes of requests", line);
        }
        let took = if event.has_one_time || is_long(event) { TimeDelta::zero() } else { event.at - event.received };
        let one = Tally {
            count: 1,
            slow: u64::from(took > SLOW),
            longest: took,
            line,
            longest_line: line,
            entry: self.entry,
            longest_entry: self.entry,
            first: event.received,
            last: event.received,
            is_counted: false,
        };
        self.minutes.entry(key).and_modify(|known| known.add(one)).or_insert(one);
    }

    /// Takes a line of counts, as our own archive has them of requests that change nothing.
    pub fn counts(&mut self, line: u32, json: &[u8]) -> Result<(), serde_json::Error> {
        let counts: Counts = serde_json::from_slice(json)?;
        let Some(minute) = parse_time(&counts.minute) else { return Ok(()) };
        let class = self.shared(Class {
            actor: Actor::counted(&counts.class, &counts.user, &counts.program),
            verb: counts.verb,
            resource: if counts.resource.is_empty() { "no resource".to_owned() } else { counts.resource },
        });
        let key = (minute.timestamp().div_euclid(60), class);
        if self.minutes.len() >= MOST_CELLS && !self.minutes.contains_key(&key) {
            self.note("minutes of so many classes of requests", line);
            return Ok(());
        }
        let is_long = matches!(key.1.verb.as_str(), "watch" | "proxy" | "connect")
            || key.1.resource.rsplit_once('/').is_some_and(|(_, sub)| matches!(sub, "log" | "proxy"));
        let longest = TimeDelta::milliseconds(if is_long { 0 } else { counts.max_ms.clamp(0, 3_600_000) });
        let one = Tally {
            count: counts.count.min(MOST_COUNT),
            slow: u64::from(longest > SLOW),
            longest,
            line,
            longest_line: line,
            entry: self.entry,
            longest_entry: self.entry,
            first: minute,
            last: minute,
            is_counted: true,
        };
        self.minutes.entry(key).and_modify(|known| known.add(one)).or_insert(one);
        Ok(())
    }

    fn complete(&mut self, line: u32, event: &Event, class: &Arc<Class>) {
        if event.code >= 400 {
            if let Some(refusal) = refusals::of(event, class) {
                self.refusals.add(refusal, (self.entry, line), event.received);
            }
            return;
        }
        let Some(write) = writes::of(event, class, line, &mut self.paths) else { return };
        let mut write = Write { entry: self.entry, ..write };
        if self.writes.len() >= MOST_WRITES {
            return self.note("writes", line);
        }
        let fields = write.version.as_ref().map_or(0, |version| version.len());
        if self.fields + fields > MOST_FIELDS {
            write.version = None;
            self.note("fields of objects", line);
        } else {
            self.fields += fields;
        }
        self.writes.push(write);
    }

    fn note(&mut self, what: &'static str, line: u32) {
        self.beyond.entry(what).or_insert(line);
    }

    fn class(&mut self, event: &Event) -> Arc<Class> {
        self.shared(Class::of(event))
    }

    fn shared(&mut self, class: Class) -> Arc<Class> {
        match self.classes.get(&class) {
            Some(known) => known.clone(),
            None => {
                let class = Arc::new(class);
                if self.classes.len() < MOST_CLASSES {
                    self.classes.insert(class.clone());
                }
                class
            }
        }
    }
}

impl Tally {
    /// Adds other requests of the same class and minute.
    pub fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.slow += other.slow;
        self.is_counted |= other.is_counted;
        if other.longest > self.longest {
            (self.longest, self.longest_line) = (other.longest, other.longest_line);
            self.longest_entry = other.longest_entry;
        }
        if other.first < self.first {
            (self.first, self.line, self.entry) = (other.first, other.line, other.entry);
        }
        self.last = self.last.max(other.last);
    }
}
