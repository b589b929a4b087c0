//! Stories: signals over a topology, written as the examples of links are, through the whole room.

mod alternatives;
mod changes;
mod checks;
mod common;
mod connecting;
mod doubts;
mod factors;
mod graphs;
mod impact;
mod motifs_of_nodes;
mod motifs_of_workloads;
mod owners;

use super::demand::Kill;
use super::link::example::{self, Written};
use super::{Analysis, Links, Scene, analyze_scene};
use crate::evidence::{Clocks, Given, Topology};
use crate::model::Window;
use crate::signals::{Catalogue, Signal};
use chrono::TimeDelta;
use serde::Deserialize;
use std::sync::LazyLock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStory {
    #[serde(default)]
    given: Given,
    signals: Vec<Written>,
}

/// Read once for all stories.
static BUILT_IN: LazyLock<(Catalogue, Links)> = LazyLock::new(|| {
    let catalogue = Catalogue::built_in().expect("the built-in catalogue");
    let links = Links::built_in(&catalogue).expect("the built-in links");
    (catalogue, links)
});

pub(super) struct Story {
    catalogue: &'static Catalogue,
    links: &'static Links,
    topology: Topology,
    clocks: Clocks,
    pub signals: Vec<Signal>,
    kills: Vec<Kill>,
}

impl Story {
    pub fn new(text: &str) -> Self {
        let (catalogue, links) = &*BUILT_IN;
        let written: WrittenStory = serde_saphyr::from_str(text).expect("a story");
        let (topology, signals) =
            example::scene(catalogue, &written.given, &written.signals).expect("a story that makes sense");
        Self { catalogue, links, topology, clocks: Clocks::default(), signals, kills: Vec::new() }
    }

    fn scene(&self) -> Scene<'_> {
        Scene::new(self.catalogue, (&self.topology, &self.clocks), &self.signals, &self.kills)
    }

    pub fn analysis(&self) -> Analysis {
        let window = Window::new(example::start(), example::start() + TimeDelta::hours(2));
        analyze_scene(&self.scene(), self.links, window)
    }

    /// Each edge as `cause > effect: link (grade)`, in order.
    fn edges(&self) -> Vec<String> {
        let analysis = self.analysis();
        let name = |index: usize| self.signals.get(index).map_or("", |signal| signal.name.as_str());
        let line = |edge: &super::Edge| {
            format!("{} > {}: {} ({})", name(edge.from), name(edge.to), edge.link, edge.grade.name())
        };
        analysis.edges.iter().map(line).collect()
    }
}

/// The statements of the motifs called `name` that a story has.
fn told(name: &str, story: &str) -> Vec<String> {
    let analysis = Story::new(story).analysis();
    let named = analysis.motifs.into_iter().filter(|motif| motif.motif == name);
    named
        .inspect(|motif| assert!(!motif.evidence.is_empty() && !motif.signals.is_empty(), "{motif:?}"))
        .map(|motif| motif.statement)
        .collect()
}

/// A motif is told of two stories, in words that have these in them, and not of the third.
fn check_motif(name: &str, told_of: [(&str, &str); 2], silent_of: &str) {
    for (story, words) in told_of {
        let statements = told(name, story);
        assert!(statements.iter().any(|one| one.contains(words)), "{name}: {words}: {statements:?}");
    }
    assert_eq!(told(name, silent_of), Vec::<String>::new(), "{name}");
}
