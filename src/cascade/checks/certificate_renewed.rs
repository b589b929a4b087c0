//! The Secret with the certificate that had expired was written anew.
//!
//! A mounted Secret reaches its pods within a minute or two (Kubernetes documentation, Secrets).

use super::certificate_ended::{expired, secrets};
use super::{Case, Check, FactorClass, Found};
use crate::model::{length, rfc3339};
use crate::signals::Role;

pub const CHECK: Check =
    Check { id: "certificate-renewed", class: FactorClass::Recovery, roles: &[Role::Refused], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let signals = expired(case);
    let Some(first) = case.of(&signals).map(|signal| signal.from.time).min() else { return Vec::new() };
    let last = case.of(&signals).map(|signal| signal.last).max().unwrap_or(first);
    let mut found = Vec::new();
    for secret in secrets(case) {
        let written = case.scene.index.of(Role::Change, &secret).into_iter().flat_map(|all| all.all());
        let mut written = written.filter_map(|index| Some((index, case.signal(index)?)));
        if let Some((index, one)) = written.find(|(_, one)| one.from.time > first) {
            let on = if last > one.from.time {
                format!("; refusals went on for {}", length(last - one.from.time))
            } else {
                String::new()
            };
            let statement =
                format!("{} at {}, after the certificate had expired{on}", one.title, rfc3339(one.from.time));
            let remedy = format!("{secret} is renewed before it expires, and an alert fires two weeks before that");
            found.push(Found::new(statement, vec![index]).mended(remedy));
        }
    }
    found
}
