//! Relations between members of one group of servers that name each other by their ids.

use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::signals::Signal;
use std::collections::BTreeSet;

/// From the one member that differs from several others to each of those, of which it is the only one that they differ
/// from: by the labels `member`, the id of who writes, and `peer`, the ids of those it writes of.
pub const ODD_MEMBER: Relation = Relation {
    name: "odd-member",
    joins: |from, to| matches!(from, "Pod" | "Node") && matches!(to, "Pod" | "Node"),
    as_cause: |_, cause| cause.label("member").map(Key::name).into_iter().collect(),
    causes: |_, effect| effect.values("peer").map(Key::name).collect(),
    ties: is_odd,
    grades_differ: false,
};

fn is_odd(_: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    let peers = |signal: &'_ Signal| signal.values("peer").map(str::to_owned).collect::<BTreeSet<_>>();
    let (of_cause, of_effect) = (peers(from), peers(to));
    let names_it_only = of_effect.len() == 1 && from.label("member").is_some_and(|id| of_effect.contains(id));
    if names_it_only && of_cause.len() > 1 { RelationMatch::named_by(to) } else { None }
}
