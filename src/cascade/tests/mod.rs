//! Stories: signals over a topology, written as the examples of links are, through the whole room.

mod alternatives;
mod checks;
mod connecting;
mod graphs;

use super::demand::Kill;
use super::link::example::{self, Written};
use super::{Analysis, Links, Scene, analyze_scene};
use crate::evidence::{Clocks, Given, Topology};
use crate::model::Window;
use crate::signals::{Catalogue, Signal};
use chrono::TimeDelta;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStory {
    #[serde(default)]
    given: Given,
    signals: Vec<Written>,
}

struct Story {
    catalogue: Catalogue,
    links: Links,
    topology: Topology,
    clocks: Clocks,
    signals: Vec<Signal>,
    kills: Vec<Kill>,
}

impl Story {
    fn new(text: &str) -> Self {
        let catalogue = Catalogue::built_in().expect("the built-in catalogue");
        let links = Links::built_in(&catalogue).expect("the built-in links");
        let written: WrittenStory = serde_saphyr::from_str(text).expect("a story");
        let (topology, signals) =
            example::scene(&catalogue, &written.given, &written.signals).expect("a story that makes sense");
        Self { catalogue, links, topology, clocks: Clocks::default(), signals, kills: Vec::new() }
    }

    fn scene(&self) -> Scene<'_> {
        Scene::new(&self.catalogue, (&self.topology, &self.clocks), &self.signals, &self.kills)
    }

    fn analysis(&self) -> Analysis {
        let window = Window::new(example::start(), example::start() + TimeDelta::hours(2));
        analyze_scene(&self.scene(), &self.links, window)
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
