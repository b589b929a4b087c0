//! Signals to cascades: which led to which, by what, and how sure that is.
//!
//! A link of the catalogue (`links.yaml`) says which signals may lead to which, over what relation between their
//! subjects, within what time. Every edge carries its link, its lag and a grade; nothing here says "root cause".
//! Motifs are patterns over several signals that no single link can state.

mod connect;
mod demand;
mod factors;
mod graph;
mod link;
mod motifs;
mod questions;
mod relation;

pub use factors::{Factor, FactorClass};
pub use link::{Link, LinkError, Links};
pub use motifs::Motif;
pub use questions::Question;

use crate::evidence::Evidence;
use crate::model::{Citation, Subject};
use crate::signals::{Catalogue, Signal};
use chrono::{DateTime, Utc};

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
        match name {
            "mechanism" => Self::Mechanism,
            "known" => Self::Known,
            _ => Self::Order,
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
    pub to: DateTime<Utc>,
    /// When the last of its states ended; none while any goes on, or where no record tells.
    pub recovered_at: Option<DateTime<Utc>>,
    /// Whether some of it is known to have gone on when the archive was made.
    pub goes_on: bool,
    pub affected: Vec<Subject>,
}

/// All that follows from the signals.
#[derive(Debug)]
pub struct Analysis {
    pub edges: Vec<Edge>,
    /// The largest first.
    pub cascades: Vec<Cascade>,
    pub motifs: Vec<Motif>,
    pub factors: Vec<Factor>,
    pub questions: Vec<Question>,
}

/// What the rooms below work on.
pub(crate) struct Scene<'a> {
    pub evidence: &'a Evidence,
    pub signals: &'a [Signal],
    pub demand: demand::Demand,
}

/// Connects the signals and says what contributed.
pub fn analyze(catalogue: &Catalogue, links: &Links, evidence: &Evidence, signals: &[Signal]) -> Analysis {
    let scene = Scene { evidence, signals, demand: demand::Demand::new(evidence, signals) };
    let edges = graph::without_cycles(signals, connect::edges(links, &scene));
    let (cascades, edges) = graph::cascades(signals, edges);
    let motifs = motifs::find(&scene, &cascades);
    let factors = factors::find(&scene, &cascades, &edges, &motifs);
    let questions = questions::ask(catalogue, &scene, &cascades);
    Analysis { edges, cascades, motifs, factors, questions }
}
