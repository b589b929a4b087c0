//! Signals to cascades: which led to which, by what, and how sure that is.
//!
//! A link of the catalogue (`links/FAMILY.yaml`) says which signals may lead to which, over what relation between their
//! subjects, within what time. Every edge carries its link, its lag and a grade; nothing here says "root cause".
//! Motifs are patterns over several signals that no single link can state.

mod against;
mod alternatives;
mod checks;
mod common;
mod connect;
mod demand;
mod family;
mod graph;
mod impact;
mod index;
mod left_out;
mod link;
mod motifs;
mod order;
mod questions;
mod recurrence;
mod relation;
#[cfg(test)]
mod tests;
mod timeline;
mod touching;

pub use against::Doubt;
pub use alternatives::Alternative;
use checks::watches;
pub use checks::{FIRST_RECORD, Factor, FactorClass, SHOWS_WITHIN, STALE_ENDPOINTS};
pub use common::{Common, factors as factors_of_common, find as common};
pub use impact::{Impact, State as ImpactState, impacts};
pub use left_out::{LeftOut, Reason, without_history};
pub use link::{Ends, Link, LinkError, Links};
pub use motifs::{Motif, class as motif_class};
pub use questions::{Question, Whom};

use crate::evidence::{Absence, Clocks, Evidence, Topology};
use crate::model::{Citation, End, Subject, Window};
use crate::signals::{Catalogue, Signal};
use chrono::{DateTime, Utc};
use demand::{Demand, Kill};
use index::Index;
use relation::{Departures, Victims};

/// How sure it is that one signal led to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Only time and neighbourhood.
    Order,
    /// A documented mechanism, between the right entities, at the right distance in time.
    Known,
    /// The records themselves tie the two together: the same UID, a message that names the other.
    Mechanism,
}

impl Grade {
    /// The grade called so; an unknown name claims no more than order.
    pub fn named(name: &str) -> Self {
        name.parse().unwrap_or(Self::Order)
    }

    /// The next lower; of the lowest, itself.
    pub fn lower(self) -> Self {
        match self {
            Self::Mechanism => Self::Known,
            Self::Known | Self::Order => Self::Order,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Known => "known",
            Self::Mechanism => "mechanism",
        }
    }
}

impl std::str::FromStr for Grade {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let mut all = [Self::Order, Self::Known, Self::Mechanism].into_iter();
        let unknown = || format!("grade: {name} is none of mechanism, known and order");
        all.find(|grade| grade.name() == name).ok_or_else(unknown)
    }
}

/// One signal led to another. `from` and `to` are indexes into the list of signals.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    pub link: String,
    pub relation: String,
    /// From onset to onset; negative where the effect was noticed before its cause.
    pub lag_ms: i64,
    pub grade: Grade,
    pub why: String,
    /// Worth keeping only if `to` leads on to something.
    pub bridge: bool,
    /// What speaks against it.
    pub against: Vec<Doubt>,
    pub evidence: Vec<Citation>,
}

/// Signals that hang together.
#[derive(Clone, Debug, PartialEq)]
pub struct Cascade {
    pub headline: String,
    /// Those that nothing else in it led to.
    pub first: Vec<usize>,
    pub signals: Vec<usize>,
    pub from: DateTime<Utc>,
    /// Its last sign.
    pub to: DateTime<Utc>,
    /// When the last of its states ended; ongoing where any is.
    pub end: End,
    pub affected: Vec<Subject>,
}

/// All that follows from the signals.
#[derive(Debug)]
pub struct Analysis {
    pub edges: Vec<Edge>,
    /// Causes that are not claimed, in order of effect, the best of each first.
    pub alternatives: Vec<Alternative>,
    /// The largest first.
    pub cascades: Vec<Cascade>,
    pub motifs: Vec<Motif>,
    pub factors: Vec<Factor>,
    pub questions: Vec<Question>,
    /// What failed and is not told as part of the largest cascade.
    pub left_out: Vec<LeftOut>,
}

/// What the rooms below work on.
pub(crate) struct Scene<'a> {
    pub catalogue: &'a Catalogue,
    pub topology: &'a Topology,
    /// By which the moments of the signals are compared.
    pub clocks: &'a Clocks,
    pub signals: &'a [Signal],
    pub index: Index,
    pub demand: Demand,
    pub victims: Victims,
    pub departures: Departures<'a>,
    /// Whether the history of alerts came whole, so that one that is not there did not fire.
    pub knows_alerts: bool,
}

impl<'a> Scene<'a> {
    /// `kills` are in order of time.
    fn new(
        catalogue: &'a Catalogue,
        (topology, clocks): (&'a Topology, &'a Clocks),
        signals: &'a [Signal],
        kills: &[Kill],
    ) -> Self {
        Self {
            catalogue,
            topology,
            clocks,
            signals,
            index: Index::new(catalogue, signals),
            demand: Demand::new(topology, signals, kills),
            victims: Victims::new(signals, kills),
            departures: Departures::new(topology),
            knows_alerts: false,
        }
    }
}

/// Connects the signals and says what contributed.
pub fn analyze(catalogue: &Catalogue, links: &Links, evidence: &Evidence, signals: &[Signal]) -> Analysis {
    let kills = Kill::all(catalogue, evidence, signals);
    let known = (&evidence.topology, &evidence.clocks);
    let knows_alerts = evidence.lacks_to_prove(Absence::Alerts).is_empty();
    let scene = Scene { knows_alerts, ..Scene::new(catalogue, known, signals, &kills) };
    analyze_scene(&scene, links, evidence.window)
}

fn analyze_scene(scene: &Scene<'_>, links: &Links, window: Window) -> Analysis {
    let edges = graph::without_cycles(scene.signals, connect::told(&links.links, scene));
    let (cascades, edges) = graph::cascades(scene.topology, scene.signals, graph::without_shortcuts(edges));
    let alternatives = alternatives::find(&links.links, scene, &edges);
    let motifs = motifs::find(scene, &cascades, &edges);
    let touching = |cascade: &Cascade| touching::find(&links.links, scene, cascade);
    let (factors, asked) = checks::find(scene, window, (&cascades, &edges, &motifs), touching);
    let questions = questions::ask(scene, &cascades, asked);
    let left_out = left_out::find(scene.signals, &cascades, &edges);
    Analysis { edges, alternatives, cascades, motifs, factors, questions, left_out }
}
