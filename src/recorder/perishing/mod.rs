//! What is about to be gone when there is trouble: the logs of containers that ended or will, and what nodes in trouble noted
//! of themselves. Each watched version of a pod or a node and each event is judged as it comes; what it tells of is asked for
//! at once, beside the watches, and kept at the paths that `collect` has for it.
//!
//! No line is taken twice: an instance of a container that ended is asked for once, and where one that runs or a journal is
//! asked for again it goes on where the last answer ended, in whatever segment that was. Everything is bounded, and what the
//! bounds left out is told in the segment.
//!
//! ```text
//! judge    whether a record tells of trouble        wanted   which logs of a pod that is
//! pace     how many there may be                    order    one of them, and what came
//! fetch    who asks for them                        taken    what was asked for, and how it went
//! told     what a segment says of them              bound    why one was left out
//! ```

mod bound;
mod fetch;
mod judge;
mod order;
mod pace;
mod taken;
#[cfg(test)]
mod tests;
mod told;
mod wanted;

pub use fetch::fetch;
pub use judge::Judge;
pub use order::{Fetched, Order};

use super::kinds::Kind;
use super::vitals::LogVitals;
use crate::archive::format::{Header, Outcome, Planned, Status};
use crate::archive::{Archive, layout};
use crate::objects::{Event, Node, Pod};
use crate::redact::{Counts, Redactor};
use crate::sources::lone_log::Seam;
use bound::Bound;
use chrono::{DateTime, TimeDelta, Utc};
use judge::{Trouble, Whose};
use order::{Right, What};
use pace::Pace;
use std::collections::BTreeMap;
use std::convert::Infallible;
use taken::{AllTaken, Later, State, Taken};
use tokio::sync::mpsc::Sender;
use told::Told;
use wanted::Wanted;

/// Orders that may wait to be asked for.
pub const WAITING: usize = 64;
/// Bytes of all logs of a segment.
const MOST_BYTES: u64 = 8 * 1024 * 1024;
/// What of these an archive of before may have in one, to be gone on from.
const MOST_RESTORED: u64 = 2 * MOST_BYTES;
/// A container that runs, and one whose log did not come, is not asked for again within this.
const AGAIN: TimeDelta = TimeDelta::seconds(30);
/// A journal is not asked for again within this.
const AGAIN_OF_NODE: TimeDelta = TimeDelta::minutes(2);
/// How much of a journal is wanted.
const SLICE: TimeDelta = TimeDelta::minutes(5);
/// Nothing is asked for again within this where the account may not.
const REFUSED: TimeDelta = TimeDelta::minutes(5);
/// A kubelet that did not answer is not asked within this.
const SILENT: TimeDelta = TimeDelta::seconds(30);

/// What for a log is taken that no rule tells of.
const DELETION: &str = "the deletion of a pod that was failing";

/// A log that came and is to be kept.
pub struct Kept {
    pub entry: String,
    /// Whole lines without credentials.
    pub text: Vec<u8>,
    pub redacted: Counts,
    right: Right,
}

/// What is known of logs that perish. See the module.
pub struct Perishing {
    judge: Judge,
    orders: Sender<Order>,
    pace: Pace,
    taken: AllTaken,
    /// Where the logs that the run before took end, by container or journal.
    restored: BTreeMap<String, Seam>,
    /// What ended before this was for the run before to take.
    since: Option<DateTime<Utc>>,
    /// The unit of each node's container runtime.
    runtimes: BTreeMap<String, &'static str>,
    refused: BTreeMap<Right, (DateTime<Utc>, String)>,
    silent: BTreeMap<String, DateTime<Utc>>,
    under_way: usize,
    told: Told,
}

/// What is seen of an object: its kind, itself, and when.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    pub kind: &'a Kind,
    pub object: &'a str,
    pub at: DateTime<Utc>,
}

impl Perishing {
    pub fn new(judge: Judge, orders: Sender<Order>) -> Self {
        Self {
            judge,
            orders,
            pace: Pace::default(),
            taken: AllTaken::default(),
            restored: BTreeMap::new(),
            since: None,
            runtimes: BTreeMap::new(),
            refused: BTreeMap::new(),
            silent: BTreeMap::new(),
            under_way: 0,
            told: Told::new(),
        }
    }

    /// Goes on where the archive ends that an earlier run wrote.
    pub fn go_on(&mut self, earlier: &Archive, header: &Header) {
        self.since = Some(header.from);
        for entry in earlier.entries() {
            let (log, journal) = (layout::parse_pod_log(entry), layout::parse_journal(entry));
            if log.is_none() && journal.is_none() {
                continue;
            }
            // What cannot be read is asked for again.
            let Ok(text) = earlier.read(entry, MOST_RESTORED) else { continue };
            let (key, seam) = match (log, journal) {
                (Some(log), _) => (of_container(&log.container), Seam::of_container_log(&text)),
                (_, Some((node, unit))) => (format!("{node}/{unit}"), Seam::of_journal(&text, header.to)),
                _ => continue,
            };
            let known = self.restored.entry(key).or_default();
            if known.at() < seam.at() {
                *known = seam;
            }
        }
    }

    /// Looks at what is seen, and asks for what it tells to be about to perish. `pod` gives what is known of a pod by its UID.
    pub fn look(&mut self, seen: Seen<'_>, pod: impl Fn(&str) -> Option<String>) {
        let Seen { kind, object, at } = seen;
        if !kind.group.is_empty() {
            return;
        }
        match kind.plural {
            "pods" => self.pod(object, at),
            "nodes" => self.node(object, at),
            "events" => {
                let troubles = self.judge.trouble(("Event", "events"), object, at);
                if troubles.is_empty() {
                    return;
                }
                let of = serde_json::from_str::<Event>(object).ok().and_then(|event| pod(&event.involved_object.uid));
                self.act(&troubles, of.as_deref(), at);
            }
            _ => {}
        }
    }

    fn pod(&mut self, object: &str, now: DateTime<Utc>) {
        let troubles = self.judge.trouble(("Pod", "pods"), object, now);
        self.act(&troubles, Some(object), now);
        let Ok(pod) = serde_json::from_str::<Pod>(object) else { return };
        for wanted in wanted::for_deletion(&pod) {
            self.want(&pod, wanted, DELETION, now);
        }
    }

    fn node(&mut self, object: &str, now: DateTime<Utc>) {
        if let Ok(node) = serde_json::from_str::<Node>(object) {
            let version = &node.status.node_info.container_runtime_version;
            let unit = RUNTIMES.iter().find(|(scheme, _)| version.starts_with(scheme));
            unit.into_iter().for_each(|(_, unit)| _ = self.runtimes.insert(node.metadata.name.clone(), unit));
        }
        let troubles = self.judge.trouble(("Node", "nodes"), object, now);
        self.act(&troubles, None, now);
    }

    fn act(&mut self, troubles: &[Trouble], pod: Option<&str>, now: DateTime<Utc>) {
        let pod = pod.filter(|_| !troubles.is_empty()).and_then(|pod| serde_json::from_str::<Pod>(pod).ok());
        for trouble in troubles {
            match (&trouble.whose, &pod) {
                (Whose::Node(node), _) => self.slices(node, &trouble.signal, now),
                (Whose::Pod { .. }, Some(pod)) => {
                    for wanted in wanted::for_trouble(pod, trouble, now) {
                        self.want(pod, wanted, &trouble.signal, now);
                    }
                }
                // A pod that is not known is gone, and the API has no log of it any more.
                (Whose::Pod { .. }, None) => {}
            }
        }
    }

    /// Asks for the log of a container, if that is not done.
    fn want(&mut self, pod: &Pod, wanted: Wanted, signal: &str, now: DateTime<Utc>) {
        let was_handled =
            wanted.ended.and_then(|ended| ended.at).zip(self.since).is_some_and(|(ended, since)| ended < since);
        if was_handled {
            return;
        }
        let container = layout::Container {
            namespace: wanted.log.namespace.clone(),
            pod: wanted.log.pod.clone(),
            name: wanted.log.container.clone(),
        };
        // What began after that has no line in it.
        let restored = self.restored.get(&of_container(&container)).filter(|seam| seam.at() >= wanted.started_at);
        let known = self.taken.get(&wanted.id).map(|taken| taken.seam.clone());
        let seam = known.or_else(|| restored.cloned()).unwrap_or_default();
        let (what, node) = (What::Container(wanted), pod.node().map(str::to_owned));
        let (order, whose) = (Order { what, signal: signal.to_owned(), node, seam }, wanted::workload(pod));
        let has_ended = order.what.has_ended();
        match self.taken.get_mut(&order.what.key()) {
            Some(taken) if taken.state == State::UnderWay && has_ended => {
                taken.then = Some(Box::new(Later { order, whose }));
            }
            // What ended since is asked for at once.
            Some(taken) if !taken.is_due(AGAIN, now) && (!has_ended || taken.state != State::Open) => {}
            _ => self.order(order, &whose, now),
        }
    }

    /// Asks for the journals of a node, if that is not done.
    fn slices(&mut self, node: &str, signal: &str, now: DateTime<Utc>) {
        let runtime = self.runtimes.get(node).copied();
        for unit in ["kubelet"].into_iter().chain(runtime) {
            let what = What::Journal { node: node.to_owned(), unit, since: now - SLICE };
            let key = what.key();
            let known = self.taken.get(&key);
            if known.is_some_and(|taken| !taken.is_due(AGAIN_OF_NODE, now)) {
                continue;
            }
            let known = known.map(|taken| taken.seam.clone());
            let seam = known.or_else(|| self.restored.remove(&key)).unwrap_or_default();
            let order = Order { what, signal: signal.to_owned(), node: Some(node.to_owned()), seam };
            self.order(order, &format!("Node/{node}"), now);
        }
    }

    fn order(&mut self, order: Order, whose: &str, now: DateTime<Utc>) {
        let key = order.what.key();
        if let Some((at, why)) = self.refused.get(&order.what.right())
            && now - *at < REFUSED
        {
            return self.told.deny(&order.what, why);
        }
        let is_silent = |node: &String| self.silent.get(node).is_some_and(|at| now - *at < SILENT);
        let obstacle = match () {
            () if self.told.bytes >= MOST_BYTES => Err(Bound::OfSegment),
            () if order.node.as_ref().is_some_and(is_silent) => Err(Bound::Silent),
            () if self.orders.capacity() == 0 => Err(Bound::Waiting),
            () => self.pace.pass(whose, now),
        };
        if let Err(bound) = obstacle {
            return self.told.leave_out(&order.what, bound);
        }
        let seam = order.seam.clone();
        if let Err(error) = self.orders.try_send(order) {
            return self.told.leave_out(&error.into_inner().what, Bound::Ended);
        }
        self.under_way += 1;
        self.taken.keep(key, Taken { at: now, state: State::UnderWay, seam, then: None });
    }

    /// Takes what came. Gives what is to be kept of it, where `can_be_kept`.
    pub fn came(
        &mut self,
        fetched: Fetched,
        redactor: &Redactor,
        can_be_kept: bool,
        now: DateTime<Utc>,
    ) -> Option<Kept> {
        self.under_way = self.under_way.saturating_sub(1);
        let key = fetched.what.key();
        let (before, then) = self.taken.forget(&key).map(|taken| (taken.seam, taken.then)).unwrap_or_default();
        let kept = self.kept(&fetched, redactor, can_be_kept, now);
        let has_failed = kept.is_none() && !fetched.log.text.is_empty();
        let status = fetched.log.outcome.status;
        let state = match () {
            () if has_failed || status.is_missing() => State::Failed,
            () if fetched.what.has_ended() => State::Whole,
            () => State::Open,
        };
        let seam = if has_failed { before } else { fetched.log.seam };
        if let Some(later) = then.filter(|_| status != Status::Denied) {
            let Later { order, whose } = *later;
            self.order(Order { seam: seam.clone(), ..order }, &whose, now);
        }
        if self.taken.get(&key).is_none() {
            let seam = if state == State::Whole { Seam::default() } else { seam };
            self.taken.keep(key, Taken { at: now, state, seam, then: None });
        }
        kept
    }

    fn kept(&mut self, fetched: &Fetched, redactor: &Redactor, can_be_kept: bool, now: DateTime<Utc>) -> Option<Kept> {
        let (what, outcome, text) = (&fetched.what, &fetched.log.outcome, &fetched.log.text);
        if let Some(node) = &fetched.node
            && matches!(outcome.status, Status::Unreachable | Status::Timeout)
        {
            self.silent.retain(|_, at| now - *at < SILENT);
            self.silent.insert(node.clone(), now);
        }
        if outcome.status == Status::Denied {
            self.told.deny(what, &outcome.why);
            self.refused.insert(what.right(), (now, outcome.why.clone()));
            return None;
        }
        if text.is_empty() {
            self.told.came(fetched, None, 0, now);
            return None;
        }
        if !can_be_kept || self.told.bytes + text.len() as u64 > MOST_BYTES {
            let bound = if can_be_kept { Bound::OfSegment } else { Bound::Unwritten };
            self.told.leave_out(what, bound);
            return None;
        }
        let (text, redacted) = redact(redactor, text);
        let entry = what.entry();
        self.told.came(fetched, Some(entry.clone()), text.len() as u64, now);
        Some(Kept { entry, text, redacted, right: what.right() })
    }

    /// Notes whether what is to be kept could be written.
    pub fn wrote(&mut self, kept: &Kept, is_written: bool) {
        self.told.wrote(kept.right, kept.text.len() as u64, is_written);
    }

    /// What was taken and left out since the program began.
    pub fn vitals(&self) -> &LogVitals {
        &self.told.vitals
    }

    /// How many logs are being asked for.
    pub fn under_way(&self) -> usize {
        self.under_way
    }

    /// Another segment begins.
    pub fn begin_segment(&mut self) {
        self.told.begin_segment();
    }

    pub fn planned(&self) -> Planned {
        Told::planned()
    }

    /// How it stands in the segment that began at `begin`.
    pub fn outcomes(&self, begin: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Outcome> {
        self.told.outcomes(begin, now, self.under_way)
    }
}

/// The units of container runtimes, by how nodes name these.
const RUNTIMES: [(&str, &str); 3] = [("containerd:", "containerd"), ("cri-o:", "crio"), ("docker:", "docker")];

fn of_container(container: &layout::Container) -> String {
    let layout::Container { namespace, pod, name } = container;
    format!("{namespace}/{pod}/{name}")
}

fn redact(redactor: &Redactor, text: &[u8]) -> (Vec<u8>, Counts) {
    let (mut stream, mut clean) = (redactor.stream(), Vec::with_capacity(text.len()));
    let mut out = |piece: &[u8]| -> Result<(), Infallible> {
        clean.extend_from_slice(piece);
        Ok(())
    };
    let Ok(()) = stream.push(text, &mut out);
    let Ok(counts) = stream.end(&mut out);
    (clean, counts)
}
