//! All facts, packed: ninety bytes each, beside the text of its record, which is kept once.

use super::packed::{Doubt, Kind, Packed, Parts};
use super::texts::Texts;
use super::{Fact, Known, LineSeverity, Record};
use crate::model::{Citation, Clock, EntryId, Interner, Moment, Names, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A fact among [`Facts`], in order of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactId(u32);

impl FactId {
    /// Its place among all facts.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

type Labels = Arc<BTreeMap<String, String>>;

/// A store of facts.
#[derive(Debug, Default)]
pub struct Facts {
    pub(super) packed: Vec<Packed>,
    names: Names,
    subjects: Interner<Subject>,
    labels: Interner<Labels>,
    doubts: Interner<Doubt>,
    pub(super) texts: Texts,
}

impl Facts {
    pub fn len(&self) -> usize {
        self.packed.len()
    }

    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// All of them; in order of time, once everything was read.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Fact<'_>> + ExactSizeIterator {
        self.packed.iter().map(|packed| self.unpacked(packed))
    }

    /// Those from a place on, with their numbers.
    pub fn numbered_from(&self, place: usize) -> impl Iterator<Item = (FactId, Fact<'_>)> {
        let rest = self.packed.get(place..).unwrap_or_default();
        (u32::try_from(place).unwrap_or(u32::MAX)..).map(FactId).zip(rest.iter().map(|packed| self.unpacked(packed)))
    }

    pub fn get(&self, id: FactId) -> Option<Fact<'_>> {
        self.packed.get(id.0 as usize).map(|packed| self.unpacked(packed))
    }

    /// The entry of the fact at a place.
    pub fn entry_at(&self, place: usize) -> Option<EntryId> {
        self.packed.get(place).map(|fact| fact.citation.entry)
    }

    /// When the fact at a place was last seen, and how often it was.
    pub fn last_word(&self, place: usize) -> Option<(i64, u32)> {
        self.packed.get(place).map(|fact| (fact.last, fact.count))
    }

    /// What is quoted of a record.
    pub fn quote(&self, of: Citation) -> Cow<'_, str> {
        self.texts.quote(of)
    }

    /// Keeps what a line says; as `Texts::cite` does.
    pub fn cite(&mut self, of: Citation, text: &str) -> Citation {
        self.texts.cite(of, text)
    }

    /// The clock of a node: the number of its name, which other stores may have another for.
    pub fn clock_of(&mut self, node: &str) -> Clock {
        if node.is_empty() { Clock::Unknown } else { Clock::Node(self.names.intern(node)) }
    }

    /// The clock of a node that any moment here may be of.
    pub fn known_clock(&self, node: &str) -> Option<Clock> {
        self.names.number(node).map(Clock::Node)
    }

    /// Adds a fact whose citation was the last to be cited.
    pub fn push(&mut self, fact: Fact<'_>) {
        let packed = self.pack(fact);
        self.packed.push(packed);
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, more: usize) {
        self.packed.reserve_exact(more);
    }

    /// Says that no more come before they are absorbed.
    pub fn close(&mut self) {
        self.texts.close();
        self.packed.shrink_to_fit();
    }

    /// Puts them into their order.
    pub fn sort(&mut self) {
        self.texts.close();
        // No two have the same citation, so the order is one, and no further memory is needed.
        self.packed.sort_unstable_by_key(|fact| (fact.at, fact.citation));
    }

    /// Keeps those for which `keep` says so; it is given their place.
    pub fn retain(&mut self, mut keep: impl FnMut(usize) -> bool) {
        let mut place = 0;
        self.packed.retain(|_| {
            place += 1;
            keep(place - 1)
        });
    }

    /// Says of each change whether what was changed is read.
    pub fn mark_read(&mut self, is_read: impl Fn(&Subject) -> bool) {
        for fact in self.packed.iter_mut().filter(|fact| matches!(fact.kind, Kind::Change)) {
            fact.flag = self.subjects.get(fact.subject).is_some_and(&is_read);
        }
    }

    /// Says of what containers printed whose clock its times are of: that of the node that each pod was on, which
    /// `node_of` knows and the lines do not.
    pub fn mark_clocks<'a>(&mut self, node_of: impl Fn(&Subject, DateTime<Utc>) -> Option<&'a str>) {
        let is_printed = |fact: &&mut Packed| matches!(fact.kind, Kind::Log | Kind::ErrorLine) && fact.node == 0;
        for fact in self.packed.iter_mut().filter(is_printed) {
            let at = DateTime::from_timestamp_micros(fact.at).unwrap_or_default();
            let Some(node) = self.subjects.get(fact.subject).and_then(|pod| node_of(pod, at)) else { continue };
            let clock = Clock::Node(self.names.intern(node));
            for doubt in [&mut fact.at_doubt, &mut fact.last_doubt] {
                if let Some(known) = self.doubts.get(*doubt).copied() {
                    *doubt = self.doubts.intern_shared(&Doubt { clock, ..known });
                }
            }
        }
    }

    /// Calls every node as `name_of` has it, wherever a fact names one: as its subject, as where it was, or as whose
    /// clock its times are of.
    pub fn rename_nodes<'a>(&mut self, name_of: impl Fn(&str) -> Option<&'a str>) {
        let other = |name: &str| name_of(name).filter(|known| *known != name).map(str::to_owned);
        let renamed: Vec<_> = self.names.values().map(|name| other(name)).collect();
        let renamed: Vec<_> = renamed.iter().map(|name| Some(self.names.intern(name.as_deref()?))).collect();
        let number = |old: u32| renamed.get(old as usize).copied().flatten().unwrap_or(old);
        let nodes = self.subjects.values().map(|subject| match subject.kind() {
            "Node" => other(subject.name()),
            // What a cloud calls a machine, which may be what its node is called.
            "Machine" => {
                let known = self.subjects.number(&Subject::node(subject.name())).map(|_| subject.name());
                name_of(subject.name()).or(known).map(str::to_owned)
            }
            _ => None,
        });
        let nodes: Vec<_> = nodes.map(|name| name.map(Subject::node)).collect();
        let nodes: Vec<_> = nodes.iter().map(|node| Some(self.subjects.intern_shared(node.as_ref()?))).collect();
        let doubts = self.doubts.values().map(|doubt| match doubt.clock {
            Clock::Node(name) => Doubt { clock: Clock::Node(number(name)), ..*doubt },
            _ => *doubt,
        });
        let doubts: Vec<_> = doubts.collect();
        let doubts: Vec<u32> = doubts.iter().map(|doubt| self.doubts.intern_shared(doubt)).collect();
        for fact in &mut self.packed {
            fact.node = fact.node.checked_sub(1).map_or(0, |node| number(node).saturating_add(1));
            fact.subject = nodes.get(fact.subject as usize).copied().flatten().unwrap_or(fact.subject);
            for doubt in [&mut fact.at_doubt, &mut fact.last_doubt] {
                *doubt = doubts.get(*doubt as usize).copied().unwrap_or(*doubt);
            }
        }
    }

    /// Moves every time that was read from the clock of a node and is one of those wanted.
    pub fn move_clock(&mut self, node: &str, by: TimeDelta, is_wanted: impl Fn(DateTime<Utc>) -> bool) {
        let Some(clock) = self.known_clock(node) else { return };
        let is_of_it: Vec<bool> = self.doubts.values().map(|doubt| doubt.clock == clock).collect();
        let is_of_it = |doubt: u32| is_of_it.get(doubt as usize).copied().unwrap_or_default();
        let micros = by.num_microseconds().unwrap_or_default();
        let moved = |at: i64, doubt: u32| {
            let is_moved = is_of_it(doubt) && is_wanted(DateTime::from_timestamp_micros(at).unwrap_or_default());
            if is_moved { at.saturating_add(micros) } else { at }
        };
        for fact in &mut self.packed {
            fact.at = moved(fact.at, fact.at_doubt);
            fact.last = moved(fact.last, fact.last_doubt);
        }
    }

    /// Adds all facts of another store. Those of series, which have sets of labels, are only made once all is together.
    pub fn absorb(&mut self, other: Self) {
        let names: Vec<u32> = other.names.values().map(|name| self.names.intern_shared(name)).collect();
        let subjects: Vec<u32> = other.subjects.values().map(|one| self.subjects.intern_shared(one)).collect();
        let moved = self.texts.absorb(other.texts);
        let new = |table: &[u32], old: u32| table.get(old as usize).copied().unwrap_or(u32::MAX);
        let renumbered = |clock| if let Clock::Node(name) = clock { Clock::Node(new(&names, name)) } else { clock };
        let doubts = other.doubts.values().map(|one| Doubt { clock: renumbered(one.clock), ..*one });
        let doubts: Vec<u32> = doubts.map(|one| self.doubts.intern_shared(&one)).collect();
        for fact in other.packed {
            let node = fact.node.checked_sub(1).map_or(0, |node| new(&names, node).saturating_add(1));
            let renamed = fact.names.map(|name| new(&names, name));
            let subject = new(&subjects, fact.subject);
            let [at_doubt, last_doubt] = [fact.at_doubt, fact.last_doubt].map(|doubt| new(&doubts, doubt));
            let message = fact.message.moved(moved);
            self.packed.push(Packed { at_doubt, last_doubt, subject, node, names: renamed, message, ..fact });
        }
    }

    fn pack(&mut self, fact: Fact<'_>) -> Packed {
        let Parts { kind, names, message, severity, flag, number } = Parts::of(fact.record);
        let mut names = names.map(|name| self.names.intern(name));
        if let (Record::Series { labels, .. }, [_, set, _]) = (fact.record, &mut names) {
            *set = self.labels.intern_shared(&Arc::new(labels.clone()));
        }
        let (first, last) = (Doubt::of(fact.at), Doubt::of(fact.last));
        let at_doubt = self.doubts.intern_shared(&first);
        Packed {
            at: fact.at.time.timestamp_micros(),
            last: fact.last.time.timestamp_micros(),
            at_doubt,
            last_doubt: if last == first { at_doubt } else { self.doubts.intern_shared(&last) },
            count: u32::try_from(fact.count).unwrap_or(u32::MAX),
            subject: self.subjects.intern_shared(fact.subject),
            node: fact.node.map_or(0, |node| self.names.intern(node).saturating_add(1)),
            citation: fact.citation,
            kind,
            severity,
            flag,
            names,
            message: self.texts.message(message),
            number,
        }
    }

    fn unpacked<'a>(&'a self, packed: &'a Packed) -> Fact<'a> {
        Fact {
            at: self.moment(packed.at, packed.at_doubt),
            last: self.moment(packed.last, packed.last_doubt),
            count: u64::from(packed.count),
            subject: self.subjects.get(packed.subject).expect("every subject was interned when its fact was packed"),
            node: packed.node.checked_sub(1).map(|node| self.name(node)),
            record: self.record(packed),
            citation: packed.citation,
        }
    }

    fn moment(&self, micros: i64, doubt: u32) -> Moment {
        self.doubts.get(doubt).expect("every doubt was interned when its fact was packed").at(micros)
    }

    fn name(&self, id: u32) -> &str {
        self.names.get(id).map_or("", AsRef::as_ref)
    }

    fn record<'a>(&'a self, packed: &Packed) -> Record<'a> {
        let [a, b, c] = packed.names.map(|name| self.name(name));
        let (message, severity, flag) = (self.texts.get(packed.message), packed.severity, packed.flag);
        match packed.kind {
            Kind::Event => {
                let container = Some(b).filter(|name| !name.is_empty());
                Record::Event { reason: a, note: message, warning: flag, container, by: c }
            }
            Kind::Journal => Record::Journal { unit: a, message, severity },
            Kind::Log => Record::Log { container: a, message, severity },
            Kind::Condition => Record::Condition { condition: a, status: b, reason: c, message },
            Kind::Terminated => {
                Record::Terminated { container: a, init: flag, reason: b, exit_code: packed.number, message }
            }
            Kind::Waiting => Record::Waiting { container: a, reason: b, message },
            Kind::Running => Record::Running { container: a, restarts: packed.number.unsigned_abs() },
            Kind::StatusReason => Record::StatusReason { phase: a, reason: b, message },
            Kind::State => Record::State { state: a, message },
            Kind::ErrorLine => {
                let number = packed.number.cast_unsigned();
                let line = u32::try_from(number >> 32).unwrap_or_default();
                let part = u32::try_from(number & u64::from(u32::MAX)).unwrap_or_default();
                let last = Citation { line, part, ..packed.citation };
                Record::ErrorLine { source: a, words: message, severity: severity.unwrap_or(LineSeverity::Error), last }
            }
            Kind::EndpointsWithoutReady => Record::EndpointsWithoutReady,
            Kind::Change => Record::Change { what: message, by: a, read: flag, known: Known::named(b) },
            Kind::Series => {
                static NONE: BTreeMap<String, String> = BTreeMap::new();
                let [_, set, _] = packed.names;
                let labels = self.labels.get(set).map_or(&NONE, AsRef::as_ref);
                Record::Series { query: a, labels, value: f64::from_bits(packed.number.cast_unsigned()) }
            }
            Kind::SeriesGap => Record::SeriesGap { query: a },
            Kind::Check => Record::Check { step: b, outcome: message, node: a, runs: c },
            Kind::Note => Record::Note { author: a, text: message },
            Kind::Compared => Record::Compared { what: a, container: b, message },
            Kind::Request => {
                let code = u16::try_from(packed.number).unwrap_or_default();
                Record::Request { what: a, client: b, asked: c, code, message }
            }
            Kind::Missing => Record::Missing { source: a, status: b, why: message },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(facts: &mut Facts, (node, line): (Option<&str>, u32), subject: &Subject, record: Record<'_>) {
        let clock = node.map_or(Clock::Unknown, |node| facts.clock_of(node));
        let at = Moment::to_the_second(DateTime::UNIX_EPOCH).by(clock);
        let citation = facts.cite(Citation { line, ..Citation::default() }, "");
        facts.push(Fact { at, last: at, count: 1, subject, node, record, citation });
    }

    #[test]
    fn a_clock_stays_that_of_its_node_in_another_store() {
        let journal = Record::Journal { unit: "kernel", message: "", severity: None };
        let (mut all, mut more) = (Facts::default(), Facts::default());
        push(&mut all, (Some("node-1"), 1), &Subject::node("node-1"), journal);
        push(&mut more, (Some("node-2"), 2), &Subject::node("node-2"), journal);
        push(&mut more, (Some("node-1"), 3), &Subject::node("node-1"), journal);
        all.absorb(more);
        let clocks: Vec<Clock> = all.iter().map(|fact| fact.at.clock).collect();
        let known = ["node-1", "node-2", "node-1"].map(|node| all.known_clock(node).expect("a node"));
        assert_eq!(clocks, known);
        assert!(clocks[0].is_same(clocks[2]) && !clocks[0].is_same(clocks[1]));
        assert_eq!(all.known_clock("node-3"), None);
    }

    #[test]
    fn a_node_has_one_name_whoever_speaks_of_it() {
        let journal = Record::Journal { unit: "kernel", message: "", severity: None };
        let mut facts = Facts::default();
        push(&mut facts, (Some("ip-10-0-0-1"), 1), &Subject::node("ip-10-0-0-1"), journal);
        push(&mut facts, (Some("node-1"), 2), &Subject::node("node-1"), journal);
        push(&mut facts, (Some("node-2"), 3), &Subject::pod("shop", "ip-10-0-0-1"), journal);
        facts.rename_nodes(|name| (name == "ip-10-0-0-1").then_some("node-1"));
        let of: Vec<_> = facts.iter().map(|fact| (fact.subject.to_string(), fact.node, fact.at.clock)).collect();
        let clock = |node| facts.known_clock(node).expect("a node");
        let (one, two) = (clock("node-1"), clock("node-2"));
        assert_eq!(of[0], ("Node/node-1".to_owned(), Some("node-1"), one));
        assert_eq!(of[1], of[0]);
        assert_eq!(of[2], ("Pod/shop/ip-10-0-0-1".to_owned(), Some("node-2"), two), "a pod may be called as a node");
    }

    #[test]
    fn what_a_container_printed_is_of_the_clock_of_its_pods_node() {
        let log = |message| Record::Log { container: "app", message, severity: None };
        let mut facts = Facts::default();
        push(&mut facts, (None, 1), &Subject::pod("shop", "api-0"), log("one"));
        push(&mut facts, (None, 2), &Subject::pod("shop", "gone"), log("two"));
        push(&mut facts, (None, 3), &Subject::pod("shop", "api-0"), Record::SeriesGap { query: "up" });
        facts.mark_clocks(|pod, _| (pod.name() == "api-0").then_some("node-1"));
        let clocks: Vec<Clock> = facts.iter().map(|fact| fact.at.clock).collect();
        assert_eq!(clocks, [facts.known_clock("node-1").expect("a node"), Clock::Unknown, Clock::Unknown]);
        assert!(facts.iter().all(|fact| fact.at.later_ms == 999), "all else stays");
    }
}
