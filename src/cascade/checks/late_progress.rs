//! A rollout told that it did not go on only after its progress deadline, long after its first pod had failed.
//!
//! progressDeadlineSeconds is 600 where it is not set (Kubernetes documentation, Deployments, Failed Deployment).

use super::{Case, Check, FactorClass, Found};
use crate::model::{length, rfc3339};
use crate::signals::{Role, Signal};
use chrono::TimeDelta;

pub const CHECK: Check =
    Check { id: "late-progress", class: FactorClass::Detection, roles: &[Role::RolloutStuck], find };

/// What is told sooner was waited for by whoever made the rollout.
const LONG: TimeDelta = TimeDelta::minutes(5);

fn find(case: &Case<'_>) -> Vec<Found> {
    case.each(&[Role::RolloutStuck]).into_iter().filter_map(|stuck| told(case, stuck)).collect()
}

fn told(case: &Case<'_>, (index, stuck): (usize, &Signal)) -> Option<Found> {
    let led = case.edges.iter().filter(|edge| edge.to == index).map(|edge| edge.from);
    let first = led.filter(|from| case.signal(*from).is_some_and(Signal::is_harm));
    let first = first.min_by_key(|from| case.signal(*from).map(|one| one.from.time))?;
    let signal = case.signal(first)?;
    let late = stuck.from.time - signal.from.time;
    let (subject, at) = (&stuck.subject, rfc3339(stuck.from.time));
    let statement = format!(
        "{subject} told that its rollout did not go on only at {at}, {} after this: {}",
        length(late),
        signal.title
    );
    let remedy = format!("Whoever rolls out {subject} hears within minutes of a new pod that does not become ready");
    (late >= LONG).then(|| Found::new(statement, vec![index, first]).mended(remedy))
}
