//! Trouble that began at one time in several clusters, and that nothing else ties together: a question, and no claim.

use super::{Account, Crossing, Side, about, moments, said_of_clocks};
use crate::cascade::Grade;
use chrono::TimeDelta;

pub const NAME: &str = "same-time";

/// What one event does to several clusters begins so close together: a node is noticed after 40 s (node-monitor-grace-period;
/// 50 s since 1.32), an alert waits for a minute or two.
const TOGETHER: TimeDelta = TimeDelta::minutes(2);

pub fn find(accounts: &[Account], found: &mut Vec<Crossing>) {
    for (place, one) in accounts.iter().enumerate() {
        for other in accounts.iter().skip(place + 1) {
            if found.iter().any(|crossing| crossing.is_of(one, other)) {
                continue;
            }
            found.extend(crossing(one, other));
        }
    }
}

fn crossing(one: &Account, other: &Account) -> Option<Crossing> {
    let begun = |account: &Account| account.starts.first().copied();
    let (start, other_start) = (one.trouble(begun(one)?)?, other.trouble(begun(other)?)?);
    let gap = moments::gap((one, start.from), (other, other_start.from));
    let middle = (gap.least + gap.most) / 2;
    if middle.abs() > TOGETHER {
        return None;
    }
    let statement = format!(
        "It began in {} and {} within {} of each other, and nothing that was recorded ties the two together: ask what both depend on.{}",
        one.name,
        other.name,
        about(middle.num_milliseconds().abs().max(1000)),
        said_of_clocks(one, other),
    );
    let sides = vec![Side::of(one, start), Side::of(other, other_start)];
    Some(Crossing::new(NAME, Grade::Order, statement, sides))
}
