//! The lanes of the chart in the order in which they are read: those of the largest cascade first, in the order in which it
//! reached them, so that it falls from the upper left to the lower right; then all others by group, folded.

use super::lanes::{Group, Whom, lane_of};
use crate::cascade::FactorClass;
use crate::report::safe;
use crate::report::view::{Part, Row, View};
use std::collections::{BTreeMap, BTreeSet};

pub struct Section {
    pub title: String,
    pub folded: bool,
    /// Numbers of lanes.
    pub lanes: Vec<usize>,
}

pub struct Lane {
    pub whom: Whom,
    /// The lanes that what it suffered reached in the same way, where it is one of several.
    pub bundle: Option<usize>,
}

/// Lanes of the same fate, which share a row until they are unfolded.
pub struct Bundle {
    pub title: String,
    pub kind: String,
    pub lanes: usize,
}

#[derive(Default)]
pub struct Layout {
    pub sections: Vec<Section>,
    pub lanes: Vec<Lane>,
    pub bundles: Vec<Bundle>,
    /// The lane of each row of the view.
    pub lane_of_row: Vec<usize>,
}

/// From so many on lanes of the same fate are one row.
const BUNDLED: usize = 3;
/// Groups stay unfolded where there is no cascade and no more lanes than this.
const UNFOLDED: usize = 30;

impl Layout {
    pub fn new(view: &View) -> Self {
        let core = Core::new(view);
        let mut layout = Self::default();
        let mut known: BTreeMap<(Option<Group>, Whom), usize> = BTreeMap::new();
        let mut first: Vec<usize> = Vec::new();
        let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
        // Rows are in order of time, so lanes of the cascade are met in the order in which it reached them.
        for row in view.rows.iter().filter(|row| core.holds(row)) {
            let key = (None, lane_of(&row.signal).1);
            let new = layout.lanes.len();
            if *known.entry(key.clone()).or_insert(new) == new {
                layout.lanes.push(Lane { whom: key.1, bundle: None });
                first.push(new);
            }
        }
        for row in &view.rows {
            let (group, whom) = lane_of(&row.signal);
            let new = layout.lanes.len();
            let lane = match known.get(&(None, whom.clone())) {
                Some(lane) => *lane,
                None => *known.entry((Some(group.clone()), whom.clone())).or_insert(new),
            };
            if lane == new {
                layout.lanes.push(Lane { whom, bundle: None });
                groups.entry(group).or_default().push(new);
            }
            layout.lane_of_row.push(lane);
        }
        layout.bundle(view, &core, &mut first);
        let folded = !first.is_empty() || layout.lanes.len() > UNFOLDED;
        if !first.is_empty() {
            layout.sections.push(Section { title: "The cascade".to_owned(), folded: false, lanes: first });
        }
        let rest = groups.into_iter().map(|(group, lanes)| Section { title: group.title(), folded, lanes });
        layout.sections.extend(rest);
        layout
    }

    /// Puts lanes of one kind together that the same thing reached from the same lane.
    fn bundle(&mut self, view: &View, core: &Core, first: &mut [usize]) {
        let lane_of: BTreeMap<usize, usize> =
            view.rows.iter().zip(&self.lane_of_row).map(|(row, lane)| (row.signal.index, *lane)).collect();
        let mut causes: BTreeMap<usize, usize> = BTreeMap::new();
        for edge in &view.analysis().edges {
            if let (Some(from), Some(to)) = (lane_of.get(&edge.from), lane_of.get(&edge.to))
                && from != to
            {
                causes.entry(edge.to).or_insert(*from);
            }
        }
        let mut fates: BTreeMap<(&str, &str, usize), Vec<usize>> = BTreeMap::new();
        let mut told = BTreeSet::new();
        for (row, lane) in view.rows.iter().zip(&self.lane_of_row) {
            let signal = row.signal;
            let (Some(cause), true) = (causes.get(&signal.index), core.holds(row) && told.insert(*lane)) else {
                continue;
            };
            let Some(of) = self.lanes.get(*lane) else { continue };
            fates.entry((of.whom.kind.as_str(), signal.signal.name.as_str(), *cause)).or_default().push(*lane);
        }
        let fates = fates.into_iter().filter(|(_, lanes)| lanes.len() >= BUNDLED);
        let fates: Vec<(String, String, Vec<usize>)> =
            fates.map(|((kind, name, _), lanes)| (kind.to_owned(), name.to_owned(), lanes)).collect();
        for (kind, name, lanes) in fates {
            let number = self.bundles.len();
            self.bundles.push(Bundle { title: safe::clean(&name, 60), kind, lanes: lanes.len() });
            for lane in lanes {
                if let Some(lane) = self.lanes.get_mut(lane) {
                    lane.bundle = Some(number);
                }
            }
        }
        // Those of a bundle stand where its first does.
        let bundle = |lane: usize| self.lanes.get(lane).and_then(|lane| lane.bundle);
        let mut place: BTreeMap<usize, usize> = BTreeMap::new();
        for lane in first.iter() {
            if let Some(bundle) = bundle(*lane) {
                place.entry(bundle).or_insert(*lane);
            }
        }
        first.sort_by_key(|lane| (bundle(*lane).and_then(|one| place.get(&one).copied()).unwrap_or(*lane), *lane));
    }
}

/// What belongs to the story of the largest cascade: its signals, what set it off, and changes that had a part in it.
struct Core {
    signals: BTreeSet<usize>,
}

impl Core {
    fn new(view: &View) -> Self {
        let members = view.members().map(|signal| signal.index);
        let triggers = view.factors(FactorClass::Trigger).flat_map(|factor| factor.signals.iter().copied());
        let changes = view.changes.iter().filter(|change| change.part != Part::None).map(|change| change.signal.index);
        Self { signals: members.chain(triggers).chain(changes).collect() }
    }

    fn holds(&self, row: &Row) -> bool {
        self.signals.contains(&row.signal.index)
    }
}
