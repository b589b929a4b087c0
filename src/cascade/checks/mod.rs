//! Contributing factors, in eight classes: never one root. What no record can show is asked.
//!
//! Each is a check: which roles it needs, what it finds in a cascade, what it asks, and what would have to be true for
//! the factor to be gone. One file each; `table.rs` lists them.

mod agent_report;
mod all_refused;
mod api_and_storage;
mod attach_refused;
mod backoff_delay;
mod before;
mod budget_forbids;
mod case;
mod cause_ended;
mod certificate_ended;
mod certificate_renewed;
mod changed_after;
mod changed_first;
mod changed_meanwhile;
mod container_limit;
mod cordon;
mod counted_before;
mod cpu_limit;
mod crash_counts;
mod create_backoff;
mod deletion_asked;
mod demand_ended;
mod dependency;
mod dormant_change;
mod drain_restarts;
mod drained;
mod early_sign;
mod evicted_running;
mod eviction_cancelled;
mod finalizer;
mod first_record;
mod first_seen;
mod follows;
mod group_at_maximum;
mod group_kill;
mod group_minimum;
mod hasty_probe;
mod image_tag;
mod last_end;
mod lasting_pressure;
mod late_alert;
mod late_progress;
mod leaders_end;
mod leases;
mod little_left;
mod liveness_dependency;
mod looks_well;
mod low_priority;
mod made_later;
mod memory_limit;
mod missing_reference;
mod monitoring_hit;
mod monitoring_place;
mod motif;
mod mount_backoff;
mod name_reserved;
mod never_fired;
mod never_restarted;
mod new_node;
mod no_alert;
mod no_budget;
mod no_default_limit;
mod no_readiness;
mod no_room;
mod no_scale_up;
mod no_status;
mod node_back;
mod node_left;
mod node_reserve;
mod node_taken;
mod old_pods_kept;
mod one_pool;
mod one_process;
mod one_writer;
mod only_member;
mod only_server;
mod open;
mod ordered_set;
mod ordered_update;
mod other_victim;
mod others_read;
mod own_limit;
mod pod_deleted;
mod pods_run_on;
mod probe_restart;
mod probe_sees_nothing;
mod quota_used;
mod ran_twice;
mod reached_by;
mod read_at_start;
mod readiness_depends;
mod reboot;
mod reclaim;
mod recreate;
mod replicas_left;
mod request_below_use;
mod requests_fill;
mod restart_heals;
mod restarts_in_vain;
mod rollout_again;
mod rollout_takes;
mod run_policy;
mod runtime_timeout;
mod same_moment;
mod same_node;
mod same_probes;
mod says_so;
mod shown_late;
mod silence;
mod silent_api_group;
mod silent_autoscaler;
mod single_pod;
mod single_replica;
mod slow_start;
mod spread_rule;
mod stale_endpoints;
mod still_sent;
mod subjects;
mod table;
mod taken;
mod taken_back;
mod toleration;
mod took_most;
mod uncordoned;
mod volume_bound;
mod warned_before;
mod webhook_ignored;
mod webhook_policy;
mod webhook_self;
mod whole_node;
mod written_again;

pub use case::SHOWS_WITHIN;
pub use first_record::ID as FIRST_RECORD;
pub(super) use monitoring_hit::watches;
pub use stale_endpoints::ID as STALE_ENDPOINTS;

use super::{Cascade, Edge, Motif, Question, Scene};
use crate::model::{Citation, Window};
use crate::signals::Role;
use case::{Case, Found, is_harm};
use open::{Asked, OPEN};
use std::collections::{BTreeMap, BTreeSet};
use table::CHECKS;

/// What part a factor played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactorClass {
    Trigger,
    Latent,
    Propagation,
    Amplifier,
    Detection,
    Response,
    Recovery,
    Luck,
}

impl FactorClass {
    pub fn name(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::Latent => "latent",
            Self::Propagation => "propagation",
            Self::Amplifier => "amplifier",
            Self::Detection => "detection",
            Self::Response => "response",
            Self::Recovery => "recovery",
            Self::Luck => "luck",
        }
    }
}

/// Something that contributed, as the records show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    /// Index of the cascade it contributed to.
    pub cascade: usize,
    /// The check that found it.
    pub id: &'static str,
    pub class: FactorClass,
    pub statement: String,
    pub signals: Vec<usize>,
    pub evidence: Vec<Citation>,
    /// What is true once the factor is gone, of which object, and how that shows.
    pub remedy: Option<String>,
}

impl Factor {
    /// Whether it says of changes only that they came before the first failure.
    pub fn only_came_before(&self) -> bool {
        self.id == first_record::ID
    }
}

/// A kind of contributing factor.
pub struct Check {
    pub id: &'static str,
    pub class: FactorClass,
    /// It is made where the cascade has a signal with one of these; with none of them named, always.
    roles: &'static [Role],
    find: fn(&Case<'_>) -> Vec<Found>,
}

/// Questions are asked about the largest cascades, no more than these.
const MOST_ASKED: usize = 5;

/// The factors of every cascade, in their order, by class; and what the checks ask about the largest. `touching` gives
/// the changes of a cascade that came after its first harm, of what the failing depend on.
pub fn find(
    scene: &Scene<'_>,
    window: Window,
    (cascades, edges, motifs): (&[Cascade], &[Edge], &[Motif]),
    touching: impl Fn(&Cascade) -> Vec<usize>,
) -> (Vec<Factor>, Vec<Question>) {
    let members = cascades.iter().enumerate().flat_map(|(number, cascade)| {
        let signals = cascade.signals.iter();
        signals.map(move |index| (*index, number))
    });
    let cascade_of: BTreeMap<usize, usize> = members.collect();
    let mut edges_of: BTreeMap<usize, Vec<&Edge>> = BTreeMap::new();
    for edge in edges {
        if let Some(number) = cascade_of.get(&edge.from) {
            edges_of.entry(*number).or_default().push(edge);
        }
    }
    let mut motifs_of: BTreeMap<usize, Vec<&Motif>> = BTreeMap::new();
    for motif in motifs {
        let inside: BTreeSet<Option<&usize>> = motif.signals.iter().map(|index| cascade_of.get(index)).collect();
        if let (Some(Some(number)), 1) = (inside.first(), inside.len()) {
            motifs_of.entry(**number).or_default().push(motif);
        }
    }
    let (mut factors, mut questions) = (Vec::new(), Vec::new());
    let mut said = BTreeSet::new();
    for (number, cascade) in cascades.iter().enumerate() {
        let edges = edges_of.remove(&number).unwrap_or_default();
        let case = Case::new(scene, window, cascade, edges, motifs_of.remove(&number).unwrap_or_default());
        let case = Case { touching: touching(cascade), ..case };
        // What holds for several cascades in the same words is told with the largest.
        factors
            .extend(factors_of(&case, number).into_iter().filter(|one| said.insert((one.id, one.statement.clone()))));
        if number < MOST_ASKED && case.of(&cascade.signals).any(is_harm) {
            questions.extend(questions_of(&case, number));
        }
    }
    (factors, questions)
}

fn factors_of(case: &Case<'_>, number: usize) -> Vec<Factor> {
    let mut found: Vec<(&Check, Found)> = Vec::new();
    for check in CHECKS.iter().filter(|check| case.has(check.roles)) {
        found.extend((check.find)(case).into_iter().map(|one| (check, one)));
    }
    found.sort_by_key(|(check, one)| (check.class, one.order));
    let factor = |(check, one): (&Check, Found)| {
        let firsts = || case.of(&one.signals).filter_map(|signal| signal.evidence.first().cloned()).take(4).collect();
        let evidence = if one.evidence.is_empty() { firsts() } else { one.evidence };
        let (id, class) = (check.id, check.class);
        let own = case.of(&one.signals).next().and_then(|first| case.own_remedy(first));
        Factor {
            cascade: number,
            id,
            class,
            statement: one.statement,
            signals: one.signals,
            evidence,
            remedy: one.remedy.or(own),
        }
    };
    found.into_iter().map(factor).filter(|factor| !factor.evidence.is_empty()).collect()
}

fn questions_of(case: &Case<'_>, number: usize) -> Vec<Question> {
    let asked =
        OPEN.iter().filter(|open| case.has(open.roles)).filter_map(|open| Some((open.class, (open.ask)(case)?)));
    let question = |(class, one): (FactorClass, Asked)| Question {
        cascade: Some(number),
        about: one.about.map_or_else(|| class.name().to_owned(), |about| about.to_string()),
        whom: one.whom,
        question: one.question,
    };
    asked.map(question).collect()
}
