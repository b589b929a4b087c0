//! Walks the entries of all inputs, on as many threads as it may, and merges what they give in order of path and line.

mod content;
mod objects;
mod patterns;
mod pool;
mod versions;

pub use objects::facts_of_object;
pub use patterns::{Candidate, Interest, LinePatterns};

use super::activity::{Settling, Watched};
use super::clock_steps::{self, Stamps};
use super::clocks::Clocks;
use super::error_lines::ErrorLines;
use super::findings::{Findings, Place};
use super::references::References;
use super::series::{self, SeriesStore};
use super::skew::Readings;
use super::{
    Activity, Evidence, Facts, InputInfo, Skew, Topology, absence, alerts, audit, changes, checks, history, leases,
    notes, revisions,
};
use crate::archive::{ArchiveError, Block};
use crate::inputs::{self, Batch, Inputs, JournalForm, Kind, ObjectKind, Part, Surrounding};
use crate::model::{Citation, EntryId, Window};
use chrono::DateTime;
use content::Reading;
use pool::Pool;

/// What reading an entry needs to know beside it.
struct Context<'a> {
    inputs: &'a Inputs,
    interest: &'a Interest,
}

/// What a block of an entry gave.
#[derive(Default)]
struct Harvest {
    found: Findings,
    /// Lines of severity error that no rule wants, which are told for the entry as a whole.
    errors: Option<ErrorLines>,
    /// The times of its lines, once all of them were seen.
    times: Times,
}

/// What is told of the times of an entry's lines in their order.
#[derive(Default)]
struct Times {
    stamps: Option<Stamps>,
    watched: Option<Watched>,
}

impl Times {
    fn look(&mut self, block: &Block) {
        self.stamps.iter_mut().for_each(|stamps| stamps.look(block));
        self.watched.iter_mut().for_each(|watched| watched.look(block));
    }

    fn finish(self, place: Place, found: &mut Findings) {
        self.stamps.into_iter().for_each(|stamps| stamps.finish(place, found));
        self.watched.into_iter().for_each(|watched| watched.finish(place, found));
    }
}

/// Reads the evidence, on `threads` threads; their number does not show in the result.
pub fn read(inputs: &Inputs, interest: &Interest, threads: usize) -> Evidence {
    let window = inputs.window();
    let context = Context { inputs, interest };
    let mut found = harvest(&context, threads);
    let versions = versions::read(&context, &mut found);
    once_each(&context, &mut found);
    let clock_steps = clock_steps::all(&mut found);
    let templates = revisions::compare(&mut found, |wanted, each| reread(&context, wanted, each));
    let deleted = history::tell(versions, &mut found);
    audit::tell(&mut found);
    let deployed = std::mem::take(&mut found.brought).settle(window, &mut found);
    tell_inverted(inputs, &mut found);
    settle_experiments(&mut found);
    let mut facts = std::mem::take(&mut found.facts);
    let unreadable = sorted(std::mem::take(&mut found.unreadable));
    let unread = sorted(std::mem::take(&mut found.unread));
    let store = SeriesStore::new(std::mem::take(&mut found.answers));
    let clocks = Clocks::new(&[std::mem::take(&mut found.clocks), inputs.clocks()].concat());
    let Readings { skews, unsteady, doubts } = std::mem::take(&mut found.pairs).readings(window, &clock_steps);
    found.pods.settle(&skews);
    let turns = std::mem::take(&mut found.turns).settled(&skews);
    let activities = settle_activities(inputs, &skews, &mut found, &mut facts);
    let mut beside = Beside::take(&mut found, window, &mut facts);
    found.settings.whole = absence::WholeLists::new(inputs, &unreadable);
    let topology = Topology::new(found).with_turns(turns).with_deleted(deleted);
    beside.tell(&topology, (inputs, &unreadable), &mut facts);
    changes::mark_read(&mut facts, &topology);
    facts.mark_clocks(|pod, at| topology.pod_at(pod, at)?.node.as_deref());
    skews.iter().for_each(|skew| facts.move_clock(&skew.node, -skew.middle(), |at| skew.is_of(at)));
    checks::find_restarts(&mut beside.experiments, &mut facts, &store);
    let checks = checks::join(beside.runs, &topology, &facts);
    checks::tell(&checks, &mut facts);
    series::tell(&store, &mut facts);
    let clocks = clocks.numbered(&facts).moved(&facts, &skews).doubted(&facts, &doubts);
    let mut evidence = Evidence {
        archive: inputs.name(),
        sha256: inputs.sha256(),
        header: inputs.header(),
        window,
        facts,
        series: store,
        clocks,
        skews,
        unsteady,
        clock_steps,
        activities,
        inputs: inputs.each().map(|input| InputInfo::new(inputs, input, &unread)).collect(),
        topology,
        outcomes: inputs.outcomes(),
        checks,
        experiments: beside.experiments,
        deployed,
        templates,
        notes: beside.notes,
        unread,
        spoilt_kinds: absence::spoilt_kinds(inputs, &unreadable),
        unreadable,
        entries: inputs.paths().to_vec(),
    };
    evidence.order_facts();
    evidence
}

fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort();
    all
}

/// Calls each node by one name, and drops what several lists or files tell again.
fn once_each(context: &Context<'_>, found: &mut Findings) {
    let is = |entry, wanted: fn(&Kind) -> bool| context.inputs.entry(entry).is_some_and(|entry| wanted(entry.kind));
    found.drop_repeated_events(|entry| is(entry, is_core_events));
    let (facts, node_names) = (&mut found.facts, &found.node_names);
    facts.rename_nodes(|name| node_names.of(name));
    facts.drop_copies(|entry| is(entry, is_plain));
    facts.drop_printed(|entry| is(entry, is_printed));
}

/// Gives the wanted lines of entries once more. What cannot be read was told when it was read first.
fn reread(context: &Context<'_>, wanted: &revisions::Wanted, each: &mut dyn FnMut(EntryId, u32, &[u8])) {
    for (id, lines) in wanted {
        let Some(entry) = context.inputs.entry(*id) else { continue };
        let read = entry.batches(|batch| {
            for (number, record) in batch.records() {
                let number = u32::try_from(number).unwrap_or(u32::MAX);
                if lines.contains(&number) {
                    each(*id, number, versions::object_of(entry.kind, record));
                }
            }
            Some(batch)
        });
        drop(read);
    }
}

/// When journals and logs were written, by the clocks that times are of.
fn settle_activities(inputs: &Inputs, skews: &[Skew], found: &mut Findings, facts: &mut Facts) -> Vec<Activity> {
    let (outcomes, activities) = (inputs.outcomes(), std::mem::take(&mut found.activities));
    let settling = Settling { node_names: &found.node_names, skews, outcomes: &outcomes, paths: inputs.paths() };
    settling.settle(activities, facts)
}

fn tell_inverted(inputs: &Inputs, found: &mut Findings) {
    for entry in inputs.inverted_windows() {
        let place = Place { entry, line: 1, fetched: inputs.window().to };
        found.unreadable(place, "the window ends before it begins");
    }
}

/// What is told once it is known who belongs to whom.
struct Beside {
    runs: Vec<checks::CheckRun>,
    experiments: Vec<checks::Experiment>,
    notes: Vec<notes::Note>,
    references: References,
}

impl Beside {
    /// Takes it from what was read, and tells what needs no more than that.
    fn take(found: &mut Findings, window: Window, facts: &mut Facts) -> Self {
        alerts::tell(std::mem::take(&mut found.alerts), facts);
        leases::tell(std::mem::take(&mut found.leases), window, facts);
        Self {
            runs: std::mem::take(&mut found.checks),
            experiments: std::mem::take(&mut found.experiments),
            notes: notes::settled(&std::mem::take(&mut found.notes), facts),
            references: References::take(found),
        }
    }

    /// Tells what was done on purpose, what people wrote, and what is named and not there.
    fn tell(&mut self, topology: &Topology, (inputs, unreadable): (&Inputs, &[Citation]), facts: &mut Facts) {
        let line = |note: &notes::Note| format!("{}-{}", inputs.shown(note.citation.entry), note.citation.line);
        notes::name_subjects(&mut self.notes, topology, line);
        notes::tell(&self.notes, facts);
        checks::name_pods(&mut self.experiments, topology);
        checks::tell_actions(&self.experiments, facts);
        self.references.tell(topology, &absence::WholeLists::new(inputs, unreadable), facts);
    }
}

/// Keeps the experiments of which something tells when they were.
fn settle_experiments(found: &mut Findings) {
    let mut experiments = std::mem::take(&mut found.experiments);
    for untimed in checks::settle_engines(&mut experiments, std::mem::take(&mut found.engines)) {
        let place = Place { entry: untimed.entry, line: untimed.line, fetched: DateTime::UNIX_EPOCH };
        found.unreadable(
            place,
            "nothing tells when this run was: it was written over, and its ChaosEngine is not there",
        );
    }
    found.experiments = experiments;
}

/// A file that may repeat what journals hold.
fn is_plain(kind: &Kind) -> bool {
    matches!(kind, Kind::Journal { form: JournalForm::Plain { .. }, .. })
}

/// What kubectl printed for people, which may repeat what objects hold.
fn is_printed(kind: &Kind) -> bool {
    matches!(kind, Kind::Tables { .. } | Kind::Described { .. })
}

/// The list of the core API, which people know better than that of events.k8s.io.
fn is_core_events(kind: &Kind) -> bool {
    let Kind::Objects { of, .. } = kind else { return false };
    match of {
        ObjectKind::Plural(plural) => plural == "events",
        ObjectKind::Kind { api_version, .. } => api_version == "v1",
        ObjectKind::Own => true,
    }
}

/// The findings of all entries.
fn harvest(context: &Context<'_>, threads: usize) -> Findings {
    let size = |index: &usize| context.entry(*index).map_or(0, |entry| entry.input.bytes());
    let mut order: Vec<usize> = (0..context.inputs.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(size(index)));
    let pool: Pool<Part, Harvest> = Pool::new(order);
    let harvests = pool.run(
        threads,
        |pool, index| read_entry(context, pool, index),
        |(index, _), part| context.entry(index).map(|entry| entry.read(&part)).unwrap_or_default(),
    );
    let harvests: Vec<_> = harvests.collect();
    let mut all = Findings::default();
    all.reserve(harvests.iter().map(|(_, harvest)| &harvest.found));
    let mut errors: Option<(usize, ErrorLines)> = None;
    for ((index, _), harvest) in harvests {
        all.absorb(harvest.found);
        if let Some(entry) = context.entry(index) {
            harvest.times.finish(entry.place(0), &mut all);
        }
        if errors.as_ref().is_some_and(|(entry, _)| *entry != index) {
            finish(context, errors.take(), &mut all);
        }
        match (&mut errors, harvest.errors) {
            (Some((_, known)), Some(later)) => known.absorb(later),
            (empty, Some(first)) => *empty = Some((index, first)),
            _ => {}
        }
    }
    finish(context, errors, &mut all);
    all
}

fn finish(context: &Context<'_>, errors: Option<(usize, ErrorLines)>, all: &mut Findings) {
    if let Some((index, errors)) = errors
        && let Some(entry) = context.entry(index)
    {
        errors.finish(entry.place(0), all);
    }
}

/// Reads an entry from beginning to end; batches of records that stand for themselves may be done by other threads.
fn read_entry(context: &Context<'_>, pool: &Pool<Part, Harvest>, index: usize) {
    let Some(entry) = context.entry(index) else { return };
    let mut last = Harvest { times: entry.times_of_lines(), ..Harvest::default() };
    let mut number = 0;
    let result = match entry.reading() {
        Reading::Nothing => Ok(()),
        Reading::NotYet => {
            last.found.unread.push(entry.input.id);
            Ok(())
        }
        Reading::Whole => entry.read_whole(&mut last.found),
        Reading::Apart => read_apart(&entry, &mut last.times, |part| {
            let own = pool.offer((index, number), part).map(|own| {
                pool.put((index, number), entry.read(&own));
                own.batch
            });
            number += 1;
            own
        }),
    };
    if let Err(error) = result {
        last.found.unreadable(entry.place(0), error);
    } else if number == 0 && matches!(entry.input.kind, Kind::Series { .. }) {
        last.found.unreadable(entry.place(0), content::NO_ANSWER);
    }
    pool.put((index, number), last);
}

/// Gives the records of an entry with what stands around them; a batch that is given back is used again.
fn read_apart(
    entry: &Entry<'_>,
    times: &mut Times,
    mut each: impl FnMut(Part) -> Option<Batch>,
) -> Result<(), ArchiveError> {
    let mut surrounding = Surrounding::new(entry.surroundings());
    let result = entry.input.batches(|batch| {
        if let Batch::Lines(block) = &batch {
            times.look(block);
        }
        surrounding.push(batch);
        let mut spare = None;
        while let Some(part) = surrounding.next(false) {
            spare = each(part).or(spare);
        }
        spare
    });
    while let Some(part) = surrounding.next(true) {
        each(part);
    }
    result
}

impl Context<'_> {
    fn entry(&self, index: usize) -> Option<Entry<'_>> {
        let id = EntryId(u32::try_from(index).unwrap_or(u32::MAX));
        Some(Entry { context: self, input: self.inputs.entry(id)? })
    }
}

/// An entry, and what reading it needs.
struct Entry<'a> {
    context: &'a Context<'a>,
    input: inputs::Entry<'a>,
}

impl Entry<'_> {
    fn place(&self, line: u32) -> Place {
        Place { entry: self.input.id, line, fetched: self.input.fetched }
    }
}
