//! When a bundle was made and of which cluster it is, as the files say that its tool wrote of itself, or its name.

use crate::archive::Archive;
use crate::archive::format::ClusterId;
use crate::inputs::formats::loose::Given;
use crate::inputs::kind::Kind;
use crate::logline::plain;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use regex::Regex;
use std::sync::LazyLock;

/// Bytes of such a file that are read.
const MOST_BYTES: u64 = 64 << 10;

/// More of them than any tool writes.
const MOST_FILES: usize = 100;

/// The `gitVersion` of the API server: of `/version` as JSON (sonobuoy, troubleshoot), or by the name that
/// support-bundle-kit has for it.
static VERSION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?:"gitVersion"\s*:\s*"|kubernetesVersion:\s*"?)(v[0-9][^"\s]{0,60})"#).ok());

/// When support-bundle-kit made it (pkg/manager/types.go, `BundleMeta`).
static CREATED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?i)bundleCreatedAt:\s*"?([0-9T:.+Z-]{20,40})"#).ok());

/// A time in a name: `support-bundle-2022-04-11T23_00_41`, `supportbundle_…_2022-04-11T23-00-41Z`, `202204112300_sonobuoy_…`.
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^0-9])(20[0-9]{2})-?([01][0-9])-?([0-3][0-9])T?([0-2][0-9])[_:-]?([0-5][0-9])(?:[_:-]?([0-5][0-9]))?(?:[^0-9]|$)").ok()
});

/// What is known of a bundle beside its records.
pub fn given(files: &Archive, kinds: &[Kind]) -> Given {
    let mut given = Given::default();
    let own = files.entries().zip(kinds).filter(|(_, kind)| **kind == Kind::Custody).map(|(entry, _)| entry);
    for entry in own.take(MOST_FILES) {
        let Ok(bytes) = files.read(entry, MOST_BYTES) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        if given.cluster.version.is_none() {
            given.cluster = ClusterId { version: found(&VERSION, &text), ..ClusterId::default() };
        }
        let is_timestamp = entry.rsplit('/').next() == Some("timestamp");
        let created = found(&CREATED, &text).and_then(|time| DateTime::parse_from_rfc3339(&time).ok());
        let made = created.map(|time| time.to_utc()).or_else(|| last_time(&text).filter(|_| is_timestamp));
        given.made = given.made.max(made);
    }
    given.made = given.made.or_else(|| named(files));
    given
}

fn found(pattern: &LazyLock<Option<Regex>>, text: &str) -> Option<String> {
    Some(pattern.as_ref()?.captures(text)?.get(1)?.as_str().to_owned())
}

/// The last of the times that `oc adm must-gather` writes when it begins and ends, as Go prints them (openshift/oc,
/// pkg/cli/admin/mustgather): `2021-08-03 10:00:00.123456789 +0000 UTC m=+0.1`.
fn last_time(text: &str) -> Option<DateTime<Utc>> {
    let time = |line: &str| plain::utc(line.as_bytes(), DateTime::UNIX_EPOCH, TimeDelta::zero());
    text.lines().rev().find_map(time)
}

/// The time in the name of the bundle, or of its folder. It is of an unknown zone, so the bundle may be older by half a
/// day or younger.
fn named(files: &Archive) -> Option<DateTime<Utc>> {
    let folders = files.entries().filter_map(|entry| entry.split_once('/')).map(|(folder, _)| folder).take(1);
    std::iter::once(files.name()).chain(folders).find_map(time_in_name)
}

fn time_in_name(name: &str) -> Option<DateTime<Utc>> {
    let found = NAMED.as_ref()?.captures(name)?;
    let number = |at: usize| found.get(at).map_or(Some(0), |part| part.as_str().parse::<u32>().ok());
    let date = NaiveDate::from_ymd_opt(i32::try_from(number(1)?).ok()?, number(2)?, number(3)?)?;
    Some(date.and_hms_opt(number(4)?, number(5)?, number(6)?)?.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_stand_in_names_and_files() {
        let of = |name: &str| time_in_name(name).map(|at| at.to_rfc3339());
        assert_eq!(of("support-bundle-2022-04-11T23_00_41").as_deref(), Some("2022-04-11T23:00:41+00:00"));
        assert_eq!(of("supportbundle_7aef_2022-04-11T23-00-41Z").as_deref(), Some("2022-04-11T23:00:41+00:00"));
        assert_eq!(of("202204112300_sonobuoy_0659bf2a").as_deref(), Some("2022-04-11T23:00:00+00:00"));
        for name in ["", "sosreport-n-2022-04-11-abc", "must-gather.local.1234567890123456789", "a-20229911T230041"] {
            assert_eq!(of(name), None, "{name}");
        }
        let text = "2021-08-03 11:00:00.123456789 +0200 CEST m=+0.161\n2021-08-03 11:05:00.5 +0200 CEST m=+300.1\n";
        assert_eq!(last_time(text).map(|at| at.to_rfc3339()).as_deref(), Some("2021-08-03T09:05:00.500+00:00"));
    }
}
