//! A node was opened to pods again, and the harm went on: it was not what was wrong.
//!
//! kubectl uncordon changes where pods may go, not what they do (Kubernetes documentation, Safely Drain a Node).

use super::case::is_harm;
use super::taken::taken_away;
use super::{Case, Check, FactorClass, Found};
use crate::model::{Subject, rfc3339};
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::BTreeSet;

pub const CHECK: Check = Check {
    id: "uncordoned",
    class: FactorClass::Response,
    roles: &[Role::Unready, Role::ServiceLost, Role::Gone],
    find,
};

/// What would have been mended by it is over by then.
const SOON: TimeDelta = TimeDelta::seconds(30);

fn find(case: &Case<'_>) -> Vec<Found> {
    let nodes = taken_away(case).into_iter().filter_map(|(_, signal)| signal.node.as_deref()).map(Subject::node);
    let nodes: BTreeSet<Subject> = nodes.collect();
    let mut found = Vec::new();
    for node in nodes {
        // Either an order to open it, or the end of its being closed.
        let opened = case.scene.index.of(Role::NodeBack, &node).into_iter().flat_map(|all| all.all());
        let opened = opened.filter(|index| case.signal(*index).is_some_and(|one| one.has(Role::Change)));
        let closed = case.recorded(Role::Cordon, [node.clone()].iter()).into_iter().map(|(index, _)| index);
        let times = opened.filter_map(|index| Some((index, case.signal(index)?.from.time)));
        let ends = closed.filter_map(|index| Some((index, case.signal(index)?.until()?)));
        let after = times.chain(ends).filter(|(_, at)| *at > case.first_harm()).min_by_key(|(_, at)| *at);
        let Some((index, at)) = after else { continue };
        let goes_on = |signal: &Signal| is_harm(signal) && signal.until().is_none_or(|until| until > at + SOON);
        if !case.those(goes_on).is_empty() {
            let statement =
                format!("{node} was opened to pods again at {}, and the harm went on after that", rfc3339(at));
            found.push(Found::new(statement, vec![index]));
        }
    }
    found
}
