//! How the times of a log's lines are read while it is cut: by the form that its owner writes.

use crate::logline::plain::{self, Said};
use crate::logline::{short_precise, stamp};
use chrono::{DateTime, Datelike, TimeDelta, Utc};

/// Reads the time at the beginning of a line.
pub type Stamp = Box<dyn Fn(&[u8]) -> Option<DateTime<Utc>> + Send>;

/// Of a container's log, as the API shows it.
pub fn of_container() -> Stamp {
    Box::new(stamp::leading_rfc3339)
}

/// Of a journal; years are those before `reference`.
pub fn of_journal(reference: DateTime<Utc>) -> Stamp {
    Box::new(move |line| short_precise::time(line, reference))
}

/// Of a plain log file in a zone that is so far ahead of UTC; years are those before `reference`.
pub fn of_plain(reference: DateTime<Utc>, zone: TimeDelta) -> Stamp {
    Box::new(move |line| match plain::time(line, reference)? {
        Said::At(at) => Some(at),
        Said::Local(local) => local.and_utc().checked_sub_signed(zone).filter(|time| time.year() > 1970),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
    }

    #[test]
    fn local_times_are_taken_to_utc() {
        let check = |line: &str, time: &str, zone_minutes: i64| {
            let stamp = of_plain(at("2026-11-21T07:30:00Z"), TimeDelta::minutes(zone_minutes));
            assert_eq!(stamp(line.as_bytes()), Some(at(time)), "{line}");
        };
        check("2026-11-21T09:00:00.5+02:00 node-1 kernel: x", "2026-11-21T07:00:00.5Z", 330);
        check("Nov  1 12:30:00 node-1 kernel: x", "2026-11-01T07:00:00Z", 330);
        check("E1121 02:00:00.501922      74 kubelet.go:1] x", "2026-11-21T07:00:00.501922Z", -300);
    }
}
