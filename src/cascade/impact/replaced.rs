//! Places of pods: one that is gone is made good by the pod that came for it, once that is ready.

use super::group::{Group, gone_at};
use super::row::Span;
use super::state::State;
use crate::evidence::{Pod, Topology};
use crate::model::{Citation, End, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A pod that was hurt.
#[derive(Clone, Debug)]
pub(super) struct Hurt {
    pub span: Span,
    /// Of a StatefulSet's pods of one name, which.
    pub uid: String,
    pub came: Option<DateTime<Utc>>,
    /// When it was gone for good.
    pub gone: Option<DateTime<Utc>>,
    /// Its object was there at the end.
    pub is_there: bool,
}

/// The place of a pod: the first that was hurt in it, until one in it was ready.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub span: Span,
    /// The pods that were hurt in it.
    pub pods: BTreeSet<Subject>,
    gone: Option<DateTime<Utc>>,
    is_there: bool,
}

/// When a workload was deleted, and the record that tells it.
pub(super) type GivenUp = (DateTime<Utc>, Citation);

/// A controller makes a new pod within this of the end of the old one; times are in whole seconds.
const TOLERANCE: TimeDelta = TimeDelta::seconds(2);

/// The places of a group, each with when it was filled again, or given up with the workload.
pub(super) fn slots_of(
    topology: &Topology,
    (group, given_up): (&Group, Option<GivenUp>),
    mut hurt: Vec<Hurt>,
) -> Vec<Slot> {
    hurt.sort_by(|a, b| (a.span.from.time, &a.span.subject).cmp(&(b.span.from.time, &b.span.subject)));
    let Group::Of(workload) = group else { return hurt.into_iter().map(left).collect() };
    let known: BTreeSet<(Subject, String)> =
        hurt.iter().map(|one| (one.span.subject.clone(), one.uid.clone())).collect();
    let mut slots: Vec<Slot> = Vec::new();
    // Places that are empty, by since when, and those of each name.
    let mut empty: BTreeSet<(DateTime<Utc>, usize)> = BTreeSet::new();
    let mut of_name: BTreeMap<Subject, usize> = BTreeMap::new();
    for one in hurt {
        let first = empty.first().copied();
        let fits = first.filter(|(gone, _)| one.came.is_some_and(|came| *gone <= came + TOLERANCE));
        let place = of_name.get(&one.span.subject).copied().or(fits.map(|(_, place)| place)).unwrap_or(slots.len());
        of_name.insert(one.span.subject.clone(), place);
        if let Some(gone) = slots.get(place).and_then(|slot| slot.gone) {
            empty.remove(&(gone, place));
        }
        // What was refused never had the place: each that is refused is one more.
        let had_it = place < slots.len() || one.span.state != State::Refused;
        empty.extend(one.gone.filter(|_| had_it).map(|gone| (gone, place)));
        match slots.get_mut(place) {
            Some(slot) => slot.follow(one),
            None => slots.push(slot(one)),
        }
    }
    fill(topology, workload, &known, &mut slots);
    slots.into_iter().map(|slot| finish(slot, given_up)).collect()
}

fn slot(one: Hurt) -> Slot {
    let pods = BTreeSet::from([one.span.subject.clone()]);
    Slot { span: one.span, pods, gone: one.gone, is_there: one.is_there }
}

/// One that nothing replaces: what became of it lasts, as long as its object says so.
fn left(one: Hurt) -> Slot {
    finish(slot(one), None)
}

/// What is gone and was not made good goes on where the objects of pods came, unless its workload was deleted as well.
fn finish(mut slot: Slot, given_up: Option<GivenUp>) -> Slot {
    let Some(gone) = slot.gone.filter(|_| slot.span.end == End::Unknown) else { return slot };
    match given_up.filter(|(at, _)| *at >= slot.span.from.time) {
        Some((at, record)) => {
            slot.span.end = End::At(at.max(gone));
            slot.span.ended_by = vec![record];
            slot.span.is_given_up = true;
        }
        None if slot.is_there => slot.span.end = End::Ongoing,
        None => {}
    }
    slot
}

impl Slot {
    /// The next that was hurt in the same place.
    fn follow(&mut self, next: Hurt) {
        if self.pods.insert(next.span.subject.clone()) {
            self.span.in_place += 1;
        }
        self.span.ended_with = next.span.subject;
        self.span.end = next.span.end;
        self.span.last = self.span.last.max(next.span.last);
        self.span.signals.extend(next.span.signals);
        self.span.began_by.extend(next.span.began_by.first().copied());
        self.span.ended_by = next.span.ended_by;
        self.span.tie.linked |= next.span.tie.linked;
        (self.gone, self.is_there) = (next.gone, next.is_there);
    }
}

/// Ends the places that others filled who were never hurt, in the order in which they came.
fn fill(topology: &Topology, workload: &Subject, hurt: &BTreeSet<(Subject, String)>, slots: &mut [Slot]) {
    let well = topology.pods_of_workload(workload).filter(|pod| !hurt.contains(&(pod.subject(), pod.uid.clone())));
    let came = |pod: &Pod| pod.created.or(pod.arrived());
    let mut well: VecDeque<(&Pod, DateTime<Utc>)> = well.filter_map(|pod| Some((pod, came(pod)?))).collect();
    well.make_contiguous().sort_by_key(|(pod, came)| (*came, pod.subject()));
    let mut open: Vec<&mut Slot> =
        slots.iter_mut().filter(|slot| slot.gone.is_some() && slot.span.end == End::Unknown).collect();
    open.sort_by(|a, b| (a.gone, &a.span.subject).cmp(&(b.gone, &b.span.subject)));
    for slot in open {
        let Some(gone) = slot.gone else { continue };
        while well.front().is_some_and(|(_, came)| *came + TOLERANCE < gone) {
            well.pop_front();
        }
        let Some((pod, _)) = well.pop_front() else { continue };
        if let Some(turn) = topology.turns_of(pod).find(|turn| turn.ready) {
            slot.span.end = End::At(turn.at.max(slot.span.from.time));
            slot.span.ended_by = vec![turn.citation];
            slot.span.ended_with = pod.subject();
            slot.gone = gone_at(topology, pod);
        }
    }
}
