//! The jobs that have not begun, in order: by rank, and within a rank as they were given.
//!
//! Jobs of one node stand in a lane of their own. Of each lane only the first job is looked at, and of a lane whose
//! breaker lets nobody through just now not even that, until something of that node has ended: so a step takes the same
//! however many jobs wait.

use super::job::{Job, Rank};
use super::node_breaker::{Admission, NodeBreaker};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Requests under way to one kubelet.
pub const NODE_PLACES: usize = 6;

/// What to do next.
pub enum Next {
    Work(Job),
    /// Probe a breaker; [`Queue::wake`] is to be called when that is done.
    Probe(Arc<NodeBreaker>),
    Nothing,
}

/// Where a job stands in the order.
type Spot = (Rank, u64);
/// The name of a node; none for what is no node's.
type Name = Option<Arc<str>>;

/// See the module.
#[derive(Default)]
pub struct Queue {
    lanes: BTreeMap<Name, Lane>,
    /// Lanes whose first job may be able to begin, by where that stands.
    ready: BTreeMap<Spot, Name>,
    /// Lanes that are to be probed when nothing else is left to begin.
    suspect: BTreeMap<Spot, Name>,
    given: u64,
    /// How many lanes were looked at so far.
    #[cfg(test)]
    looked_at: usize,
}

struct Lane {
    jobs: BTreeMap<Spot, Job>,
    listed: Listed,
}

/// Where a lane is listed, under the spot of its first job.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Listed {
    Ready,
    Suspect,
    /// Nowhere: it waits for a probe or for a free place.
    Parked,
}

impl Queue {
    pub fn push(&mut self, job: Job) {
        self.given += 1;
        let spot = (job.rank(), self.given);
        let name: Name = job.item().breaker().map(|breaker| breaker.node().into());
        let lane = self.lanes.entry(name.clone()).or_insert_with(|| Lane::new(Listed::Ready));
        let first = lane.jobs.first_key_value().map(|(spot, _)| *spot);
        lane.jobs.insert(spot, job);
        if first.is_some_and(|first| first < spot) {
            return;
        }
        let list = match lane.listed {
            Listed::Ready => &mut self.ready,
            Listed::Suspect => &mut self.suspect,
            Listed::Parked => return,
        };
        first.and_then(|first| list.remove(&first));
        list.insert(spot, name);
    }

    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// Something of the node has ended, so its jobs may be able to begin.
    pub fn wake(&mut self, node: &str) {
        let name = Some(node.into());
        if self.lanes.get(&name).is_some_and(|lane| lane.listed == Listed::Parked) {
            self.list(name, Listed::Ready);
        }
    }

    /// What comes first of what can begin. Jobs behind tripped breakers are taken out on the way, into `refused`.
    pub fn next(&mut self, refused: &mut Vec<Job>) -> Next {
        loop {
            let Some((spot, name)) = self.ready.pop_first() else {
                match self.next_suspect() {
                    Some(next) => return next,
                    None => continue,
                }
            };
            #[cfg(test)]
            {
                self.looked_at += 1;
            }
            let Some(lane) = self.lanes.get_mut(&name) else { continue };
            let breaker = lane.breaker();
            match breaker.as_ref().map_or(Admission::Granted, |breaker| breaker.admission(NODE_PLACES)) {
                Admission::Granted => {
                    let job = lane.jobs.remove(&spot);
                    self.list(name, Listed::Ready);
                    if let Some(job) = job {
                        return Next::Work(job);
                    }
                }
                Admission::Probe { suspect: true } => self.list(name, Listed::Suspect),
                Admission::Probe { suspect: false } => {
                    self.list(name, Listed::Parked);
                    if let Some(breaker) = breaker {
                        return Next::Probe(breaker);
                    }
                }
                Admission::Wait => self.list(name, Listed::Parked),
                Admission::Refused => refused.extend(self.drop_lane(&name)),
            }
        }
    }

    /// The first of the suspects, as nothing else is left to begin. None if it is no suspect any more, and listed as
    /// what it is.
    fn next_suspect(&mut self) -> Option<Next> {
        let Some((_, name)) = self.suspect.pop_first() else { return Some(Next::Nothing) };
        let breaker = self.lanes.get(&name).and_then(Lane::breaker);
        let breaker = breaker.filter(|breaker| matches!(breaker.admission(NODE_PLACES), Admission::Probe { .. }));
        self.list(name, if breaker.is_some() { Listed::Parked } else { Listed::Ready });
        breaker.map(Next::Probe)
    }

    /// Lists a lane that is listed nowhere, or forgets it if it has no jobs.
    fn list(&mut self, name: Name, listed: Listed) {
        let Some(lane) = self.lanes.get_mut(&name) else { return };
        let Some((first, _)) = lane.jobs.first_key_value() else {
            self.lanes.remove(&name);
            return;
        };
        lane.listed = listed;
        match listed {
            Listed::Ready => self.ready.insert(*first, name),
            Listed::Suspect => self.suspect.insert(*first, name),
            Listed::Parked => None,
        };
    }

    fn drop_lane(&mut self, name: &Name) -> impl Iterator<Item = Job> + use<> {
        self.lanes.remove(name).into_iter().flat_map(|lane| lane.jobs.into_values())
    }
}

impl Lane {
    fn new(listed: Listed) -> Self {
        Self { jobs: BTreeMap::new(), listed }
    }

    /// The breaker of its first job.
    fn breaker(&self) -> Option<Arc<NodeBreaker>> {
        self.jobs.first_key_value().and_then(|(_, job)| job.item().breaker().cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::format::Status;
    use crate::sources::run::item::Closing;
    use crate::sources::run::ledger::{ItemSpec, Ledger};
    use proptest::prelude::*;

    const RANKS: [Rank; 3] = [Rank::First, Rank::Rotating, Rank::Lasting];

    fn job(ledger: &Arc<Ledger>, rank: Rank, subject: &str, breaker: Option<Arc<NodeBreaker>>) -> Job {
        Job::new(rank, ledger.plan(ItemSpec::new("test", subject).of_node(breaker)), |item| async move { drop(item) })
    }

    /// The same order, found by looking at every job.
    #[derive(Default)]
    struct Scan(Vec<(Spot, Option<Arc<NodeBreaker>>, String)>);

    impl Scan {
        fn push(&mut self, rank: Rank, breaker: Option<Arc<NodeBreaker>>, subject: String) {
            self.0.push(((rank, self.0.len() as u64 + 1_000_000), breaker, subject));
            self.0.sort_by_key(|(spot, ..)| spot.0);
        }

        fn next(&mut self, refused: &mut Vec<String>) -> String {
            let mut suspect = None;
            let mut at = 0;
            while let Some((_, breaker, subject)) = self.0.get(at) {
                match breaker.as_ref().map_or(Admission::Granted, |breaker| breaker.admission(NODE_PLACES)) {
                    Admission::Granted => {
                        let work = format!("work {subject}");
                        self.0.remove(at);
                        return work;
                    }
                    Admission::Probe { suspect: false } => {
                        return breaker.as_ref().map(|breaker| format!("probe {}", breaker.node())).unwrap_or_default();
                    }
                    Admission::Probe { suspect: true } => {
                        suspect =
                            suspect.or_else(|| breaker.as_ref().map(|breaker| format!("probe {}", breaker.node())));
                        at += 1;
                    }
                    Admission::Wait => at += 1,
                    Admission::Refused => refused.push(self.0.remove(at).2),
                }
            }
            suspect.unwrap_or_else(|| "nothing".to_owned())
        }
    }

    /// What a queue says, and which jobs it threw away, in no order.
    fn told(queue: &mut Queue, thrown: &mut Vec<String>) -> String {
        let mut refused = Vec::new();
        let next = match queue.next(&mut refused) {
            Next::Work(job) => format!("work {}", job.item().subject()),
            Next::Probe(breaker) => format!("probe {}", breaker.node()),
            Next::Nothing => "nothing".to_owned(),
        };
        thrown.extend(refused.iter().map(|job| job.item().subject().to_owned()));
        next
    }

    fn breakers() -> Vec<Arc<NodeBreaker>> {
        (0..4).map(|number| Arc::new(NodeBreaker::new(format!("node-{number}"), number % 2 == 1))).collect()
    }

    /// Begins what is next, in the breakers of both.
    fn begin(next: &str, breakers: [&[Arc<NodeBreaker>]; 2], nodes: &BTreeMap<String, usize>) {
        let (verb, object) = next.split_once(' ').unwrap_or((next, ""));
        for breakers in breakers {
            match verb {
                "probe" => {
                    breakers.iter().filter(|breaker| breaker.node() == object).for_each(|breaker| breaker.probing())
                }
                "work" => nodes
                    .get(object)
                    .and_then(|node| breakers.get(*node))
                    .into_iter()
                    .for_each(|breaker| breaker.enter()),
                _ => {}
            }
        }
    }

    /// Ends a probe or a job of the breaker, in one of four ways; whether anything was under way.
    fn end(breaker: &NodeBreaker, how: usize) -> bool {
        match (breaker.admission(usize::MAX), how) {
            (Admission::Wait, 0) => breaker.trip(Closing::new(Status::Unreachable, "silent")),
            (Admission::Wait, 1) => breaker.go_unprobed(),
            (Admission::Wait, _) => breaker.answered(),
            (_, 3) if breaker.is_busy() => {
                breaker.doubt(|| Closing::new(Status::Unreachable, "silent"));
                breaker.leave();
            }
            _ if breaker.is_busy() => breaker.leave(),
            _ => return false,
        }
        true
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_a_scan(steps in proptest::collection::vec((0_u8..6, 0_usize..5, 0_usize..4), 0..300)) {
            let (ledger, mut queue, mut scan) = (Ledger::new(Arc::default()), Queue::default(), Scan::default());
            let (ours, theirs) = (breakers(), breakers());
            let mut nodes = BTreeMap::new();
            let (mut thrown, mut thrown_by_scan) = (Vec::new(), Vec::new());
            for (number, (step, node, how)) in steps.into_iter().enumerate() {
                match step {
                    0 | 1 => {
                        let (subject, rank) = (format!("job-{number}"), RANKS[how % 3]);
                        nodes.extend((node < 4).then(|| (subject.clone(), node)));
                        queue.push(job(&ledger, rank, &subject, ours.get(node).cloned()));
                        scan.push(rank, theirs.get(node).cloned(), subject);
                    }
                    2 | 3 => {
                        let next = told(&mut queue, &mut thrown);
                        prop_assert_eq!(&next, &scan.next(&mut thrown_by_scan));
                        begin(&next, [&ours, &theirs], &nodes);
                    }
                    _ => {
                        if let (Some(our), Some(their)) = (ours.get(node), theirs.get(node)) && end(our, how) {
                            prop_assert!(end(their, how));
                            queue.wake(our.node());
                        }
                    }
                }
            }
            // What is behind a tripped breaker is thrown away when it is come across, by both in the end.
            for breaker in ours.iter().chain(&theirs) {
                breaker.trip(Closing::new(Status::Skipped, "the end"));
                queue.wake(breaker.node());
            }
            loop {
                let next = told(&mut queue, &mut thrown);
                prop_assert_eq!(&next, &scan.next(&mut thrown_by_scan));
                if next == "nothing" {
                    break;
                }
            }
            thrown.sort();
            thrown_by_scan.sort();
            prop_assert_eq!(thrown, thrown_by_scan);
            prop_assert!(queue.is_empty() && scan.0.is_empty());
        }
    }

    /// A scan looks at each of 100,000 jobs that wait in every step.
    #[test]
    fn a_hundred_thousand_jobs_that_wait_cost_nothing() {
        let (ledger, mut queue) = (Ledger::new(Arc::default()), Queue::default());
        let busy = Arc::new(NodeBreaker::new("busy", false));
        busy.probing();
        for number in 0..100_000 {
            queue.push(job(&ledger, Rank::First, &number.to_string(), Some(busy.clone())));
        }
        for number in 0..20_000 {
            queue.push(job(&ledger, Rank::Lasting, &number.to_string(), None));
            assert_eq!(told(&mut queue, &mut Vec::new()), format!("work {number}"));
            queue.wake("busy");
        }
        assert_eq!(queue.looked_at, 2 * 20_000, "in every step at the lane that waits, and at that of the job");
    }
}
