//! The cascade as a flowchart, small enough to be read at a glance and to be drawn by every ticket system without being
//! asked. It keeps both ends: what began, and whom it hurt. What of the way between finds no room is a counted step.

use crate::report::names::workload_of;
use crate::report::safe;
use crate::report::view::{Branch, Grade, Tree, View};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// GitLab draws this many characters without a click.
const MOST_CHARACTERS: usize = 2_000;
/// More boxes cannot be read at a glance.
const MOST_BOXES: usize = 15;
/// Those hurt that the chart ends in, the worst first, so that there is room for the way.
const MOST_HURT: usize = 5;
/// Boxes looked at beside them, the most important first.
const CANDIDATES: usize = 60;

pub struct Flowchart {
    /// In Mermaid.
    pub text: String,
    /// In lines, for hosts that draw no Mermaid: what a line follows from stands above it, indented less.
    pub plain: String,
    /// Lines of the cascade that found no room in the chart.
    pub left_out: usize,
}

/// The chart of the largest cascade, or none where there is nothing to draw.
pub fn write(view: &View) -> Option<Flowchart> {
    let tree = view.trees.first().filter(|tree| tree.branches.len() > 1)?;
    let mut chart = Chart { view, tree, hurt: hurt(view, tree), kept: BTreeSet::new() };
    let ends: Vec<usize> = chart.hurt.iter().copied().take(MOST_HURT).collect();
    for end in &ends {
        chart.add([*end, line(tree, *end).last().unwrap_or(*end)]);
    }
    for end in ends {
        chart.add(line(tree, end));
    }
    let mut order: Vec<usize> = (0..tree.branches.len()).filter(|place| !stands_alone(tree, *place)).collect();
    order.sort_by_key(|place| tree.branches.get(*place).map(|branch| (Reverse(branch.worst), branch.depth, *place)));
    for place in order.into_iter().take(CANDIDATES) {
        chart.add(line(tree, place).take(MOST_BOXES + 1));
    }
    let alone = (0..tree.branches.len()).filter(|place| stands_alone(tree, *place)).count();
    let left_out = tree.branches.len().saturating_sub(alone + chart.kept.len());
    (chart.kept.len() > 1).then(|| Flowchart { text: chart.mermaid(&chart.kept), plain: chart.plain(), left_out })
}

/// Places of those hurt, the worst first, each once.
fn hurt(view: &View, tree: &Tree) -> Vec<usize> {
    let branches = tree.branches.iter().enumerate();
    let places: BTreeMap<usize, usize> =
        branches.flat_map(|(place, branch)| branch.signals().map(move |signal| (signal.index, place))).collect();
    let mut hurt = Vec::new();
    let mut seen = BTreeSet::new();
    for row in view.impact.rows.iter().filter(|row| row.cascade == tree.number) {
        let told = row.signals.iter().filter_map(|signal| places.get(signal)).copied();
        hurt.extend(told.filter(|place| !stands_alone(tree, *place)).find(|place| seen.insert(*place)));
    }
    hurt
}

/// Nothing led to it and it led to nothing, so it has no place among arrows.
fn stands_alone(tree: &Tree, place: usize) -> bool {
    let has_cause = tree.branches.get(place).is_some_and(|branch| branch.parent.is_some());
    !has_cause && tree.branches.get(place + 1).is_none_or(|next| next.parent != Some(place))
}

/// A place and what is above it, up to where the cascade began.
fn line<'a>(tree: &'a Tree, place: usize) -> impl Iterator<Item = usize> + 'a {
    std::iter::successors(Some(place), |place| tree.branches.get(*place).and_then(|branch| branch.parent))
}

/// Branches of a tree that are drawn.
struct Chart<'a> {
    view: &'a View<'a>,
    tree: &'a Tree<'a>,
    /// Places, the worst first.
    hurt: Vec<usize>,
    kept: BTreeSet<usize>,
}

/// From what a box follows: the nearest above it that is drawn.
struct Arrow {
    from: usize,
    /// How many of the way are not drawn.
    between: usize,
    /// Whether some of the way is known by order in time only.
    is_order: bool,
}

impl Chart<'_> {
    /// Draws these too, if all of them find room.
    fn add(&mut self, places: impl IntoIterator<Item = usize>) {
        let mut wider = self.kept.clone();
        for place in places {
            wider.insert(place);
            if wider.len() > MOST_BOXES {
                return;
            }
        }
        if wider.len() > self.kept.len() && self.mermaid(&wider).chars().count() <= MOST_CHARACTERS {
            self.kept = wider;
        }
    }

    fn arrow(&self, kept: &BTreeSet<usize>, place: usize) -> Option<Arrow> {
        let mut is_order = false;
        let mut below = place;
        for (between, above) in line(self.tree, place).skip(1).enumerate() {
            let cause = self.tree.branches.get(below).and_then(|branch| branch.cause);
            is_order |= cause.is_some_and(|edge| edge.grade == Grade::Order);
            if kept.contains(&above) {
                return Some(Arrow { from: above, between, is_order });
            }
            below = above;
        }
        None
    }

    fn branches<'a>(&'a self, kept: &'a BTreeSet<usize>) -> impl Iterator<Item = (usize, &'a Branch<'a>)> {
        kept.iter().filter_map(|place| Some((*place, self.tree.branches.get(*place)?)))
    }

    fn mermaid(&self, kept: &BTreeSet<usize>) -> String {
        let mut chart = vec!["flowchart TD".to_owned()];
        let mut arrows = Vec::new();
        let places: BTreeMap<usize, usize> =
            self.branches(kept).map(|(place, branch)| (branch.signal.index, place)).collect();
        for (place, branch) in self.branches(kept) {
            chart.push(format!("n{place}[\"{}\"]", self.label(place, branch).join("<br/>")));
            if let Some(arrow) = self.arrow(kept, place) {
                let form = form(arrow.is_order);
                let steps = if arrow.between > 0 { format!("|{}|", steps(arrow.between)) } else { String::new() };
                arrows.push(format!("n{} {form}{steps} n{place}", arrow.from));
            }
            for edge in &branch.also {
                let from = places.get(&edge.from);
                arrows.extend(from.map(|from| format!("n{from} {} n{place}", form(edge.grade == Grade::Order))));
            }
        }
        chart.extend(arrows);
        chart.join("\n")
    }

    fn plain(&self) -> String {
        let mut depths: BTreeMap<usize, usize> = BTreeMap::new();
        let mut lines = Vec::new();
        for (place, branch) in self.branches(&self.kept) {
            let arrow = self.arrow(&self.kept, place);
            let depth = arrow.as_ref().and_then(|arrow| depths.get(&arrow.from)).map_or(0, |above| above + 1);
            depths.insert(place, depth);
            let lead = match &arrow {
                None => String::new(),
                Some(Arrow { between, is_order, .. }) => {
                    let form = if *is_order { "..>" } else { "-->" };
                    let steps = if *between > 0 { format!(" ({})", steps(*between)) } else { String::new() };
                    format!("{}{form}{steps} ", "    ".repeat(depth - 1))
                }
            };
            lines.push(format!("{lead}{}", self.label(place, branch).join("  ")));
        }
        lines.join("\n")
    }

    /// What it is, whose, and when, with which end it is.
    fn label(&self, place: usize, branch: &Branch) -> [String; 3] {
        let signal = safe::mermaid_label(&branch.signal.name, 40);
        let subject = match branch.alike.len() {
            0 => safe::mermaid_label(&branch.signal.subject.to_string(), 60),
            more => {
                let workload = workload_of(&branch.signal.subject).replace('*', "…");
                safe::mermaid_label(&format!("{} of {workload}", more + 1), 60)
            }
        };
        let time = safe::mermaid_label(&self.view.clock.time(branch.signal.began()), 24);
        let end = match (branch.parent.is_none(), self.hurt.contains(&place)) {
            (true, true) => ", first, hurt",
            (true, false) => ", first",
            (false, true) => ", hurt",
            (false, false) => "",
        };
        [signal, subject, format!("{time}{end}")]
    }
}

fn form(is_order: bool) -> &'static str {
    if is_order { "-.->" } else { "-->" }
}

fn steps(between: usize) -> String {
    if between == 1 { "1 step between".to_owned() } else { format!("{between} steps between") }
}
