//! A host outside of all the clusters that calls of several could not reach: a registry, a database, an identity provider.

use super::{Account, Crossing, Side};
use crate::cascade::Grade;
use chrono::TimeDelta;
use core::net::IpAddr;
use std::collections::BTreeMap;

pub const NAME: &str = "same-host";

/// Callers notice at different times: what retries with a back-off of up to five minutes (Kubernetes, pulls of images and
/// starts of containers) notices so late.
const APART: TimeDelta = TimeDelta::minutes(10);

pub fn find(accounts: &[Account], found: &mut Vec<Crossing>) {
    let mut hosts: BTreeMap<&str, Vec<(&Account, &super::Trouble)>> = BTreeMap::new();
    for account in accounts {
        let mut troubles: Vec<_> = account.troubles.iter().filter(|trouble| trouble.fails()).collect();
        troubles.sort_by_key(|trouble| trouble.from.time);
        for trouble in troubles {
            for host in trouble.called.iter().filter(|host| is_outside(host)) {
                let of_all = hosts.entry(host.as_str()).or_default();
                // The first of each cluster.
                if of_all.last().is_none_or(|(last, _)| last.name != account.name) {
                    of_all.push((account, trouble));
                }
            }
        }
    }
    for (host, mut of) in hosts {
        of.sort_by_key(|(_, trouble)| trouble.from.time);
        let (Some((_, first)), Some((_, last))) = (of.first(), of.last()) else { continue };
        let is_published = accounts.iter().any(|account| account.published.contains_key(host));
        if of.len() < 2 || is_published || last.from.time - first.from.time > APART {
            continue;
        }
        let clusters: Vec<&str> = of.iter().map(|(account, _)| account.name.as_str()).collect();
        let statement = format!(
            "Calls to {host} failed in {} of {} clusters ({}), and none of them publishes it: look there first.",
            of.len(),
            accounts.len(),
            clusters.join(", "),
        );
        let sides = of.iter().map(|(account, trouble)| Side::of(account, trouble)).collect();
        found.push(Crossing::new(NAME, Grade::Known, statement, sides));
    }
}

/// Whether a host is the same one for every cluster: a name that is not resolved within one, or a public address.
fn is_outside(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => !(address.is_private() || address.is_loopback() || address.is_link_local()),
        // Unique local and link-local addresses (RFC 4193, RFC 4291).
        Ok(IpAddr::V6(address)) => {
            !(address.is_unique_local() || address.is_unicast_link_local() || address.is_loopback())
        }
        Err(_) => INSIDE.iter().all(|end| !host.ends_with(end)) && host.contains('.'),
    }
}

/// Ends of names that each cluster or network resolves for itself.
const INSIDE: [&str; 4] = [".svc", ".local", ".internal", ".localdomain"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_cluster_has_for_itself_is_not_outside() {
        for host in [
            "10.0.0.1",
            "192.168.3.4",
            "fd00::1",
            "db.shop.svc",
            "db.shop.svc.cluster.local",
            "ip-10-0-0-1.internal",
            "db",
        ] {
            assert!(!is_outside(host), "{host}");
        }
        for host in ["registry.example.com", "203.0.113.9", "2001:db8::1"] {
            assert!(is_outside(host), "{host}");
        }
    }
}
