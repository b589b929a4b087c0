//! Calls that failed in one cluster and went to what another publishes: the record of the one names the host of the other.

use super::account::{Host, Tells, Trouble};
use super::{Account, Crossing, Side, about, moments, said_of_clocks};
use crate::cascade::Grade;
use crate::model::{Order, rfc3339};
use crate::report::names;
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

pub const NAME: &str = "called";

/// What ended so long before a call is not what it met: connections and names are kept for a while (RFC 2308, negative
/// answers for minutes; Linux, tcp_syn_retries, about two minutes until a connection is given up).
const KEPT: TimeDelta = TimeDelta::minutes(2);

/// As many callers are named.
const NAMED: usize = 3;

pub fn find(accounts: &[Account], found: &mut Vec<Crossing>) {
    for (place, account) in accounts.iter().enumerate() {
        let others = accounts.iter().enumerate().filter(|(other, _)| *other != place);
        for (_, other) in others {
            for (host, calls) in calls(account, other) {
                if let Some(published) = other.published.get(host) {
                    found.extend(crossing((account, &calls), (other, host, published)));
                }
            }
        }
    }
}

/// The hosts of another cluster that records of trouble name and the own cluster does not publish itself, with that
/// trouble.
fn calls<'a>(account: &'a Account, other: &Account) -> BTreeMap<&'a str, Vec<&'a Trouble>> {
    let mut calls: BTreeMap<&str, Vec<&Trouble>> = BTreeMap::new();
    for trouble in account.troubles.iter().filter(|trouble| trouble.fails()) {
        let hosts = trouble.hosts.iter().map(String::as_str);
        let hosts = hosts.filter(|host| other.published.contains_key(*host) && !account.published.contains_key(*host));
        hosts.for_each(|host| calls.entry(host).or_default().push(trouble));
    }
    calls
}

fn crossing(
    (account, calls): (&Account, &[&Trouble]),
    (other, host, published): (&Account, &str, &Host),
) -> Option<Crossing> {
    let first = calls.iter().min_by_key(|call| call.from.time)?;
    let met = met((account, first), (other, published));
    let callers: BTreeSet<String> = calls.iter().map(|call| names::workload_of(&call.subject)).collect();
    let more = callers.len().saturating_sub(NAMED);
    let mut named: Vec<String> = callers.into_iter().take(NAMED).collect();
    if more > 0 {
        named.push(format!("{more} more"));
    }
    let answers = published.services.iter().next().filter(|_| published.services.len() == 1).unwrap_or(&published.by);
    let begun = format!(
        "What failed in {} from {} names {host} ({}); {host} is {answers} of {}.",
        account.name,
        rfc3339(first.from.time),
        named.join(", "),
        other.name,
    );
    let mut sides = vec![Side::of(account, first)];
    let (grade, ended) = match met {
        Some(trouble) => {
            let gap = moments::gap((other, trouble.from), (account, first.from));
            let recorded = (gap.least + gap.most) / 2;
            let when = match gap.order() {
                Order::Before => format!("{} before", about(recorded.num_milliseconds())),
                _ => "at the same time".to_owned(),
            };
            sides.push(Side::of(other, trouble));
            // One of several pods may have been in trouble while others answered.
            let grade = if published.itself.contains(&trouble.subject) { Grade::Mechanism } else { Grade::Known };
            (grade, format!("There, {when}: {}.{}", trouble.title, said_of_clocks(account, other)))
        }
        None if !other.window.contains(first.from.time) => {
            (Grade::Order, format!("The archive of {} is of another time.", other.name))
        }
        None => (
            Grade::Order,
            format!("Nothing that failed in {} had to do with it: ask what lies between the two.", other.name),
        ),
    };
    sides.push(Side {
        cluster: other.name.clone(),
        signal: None,
        cascade: None,
        says: format!("{} publishes {host}", published.by),
        from: None,
        to: None,
        evidence: vec![published.record.clone()],
    });
    Some(Crossing::new(NAME, grade, format!("{begun} {ended}"), sides))
}

/// The trouble that a call met: of what is called itself where there is some, else what came first.
fn met<'a>((account, call): (&Account, &Trouble), (other, published): (&'a Account, &Host)) -> Option<&'a Trouble> {
    let is_met = |trouble: &&Trouble| {
        let gap = moments::gap((other, trouble.from), (account, call.from));
        let lasted = trouble.until.is_none_or(|until| until + KEPT >= call.from.earliest());
        trouble.tells == Tells::Harm && lasted && gap.order() != Order::After
    };
    let met = published.troubles.iter().filter_map(|index| other.trouble(*index)).filter(is_met);
    met.min_by_key(|trouble| (!published.itself.contains(&trouble.subject), trouble.from.time))
}
