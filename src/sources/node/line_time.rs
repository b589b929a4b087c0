//! The time of a line of a node's plain log files, whatever wrote it.
//!
//! ```text
//! 2026-11-21T07:00:00.123456+00:00 node-1 kernel: …   RFC 3339, as rsyslog writes since Debian 12
//! Nov 21 07:00:00 node-1 kernel: …                    RFC 3164: no year, the node's zone
//! I1121 07:00:00.123456     812 server.go:1] …        klog: no year, the zone of whoever logs
//! time="2026-11-21T07:00:00Z" level=info …            containerd and Docker
//! type=SYSCALL msg=audit(1795244400.123:42): …        auditd: seconds since 1970
//! ```

use super::log_cut::{Stamp, rfc3339_stamp};
use super::short_precise::nearest;
use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Utc};

/// What a line says of its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// When it was.
    At(DateTime<Utc>),
    /// What the clock of the node showed, in its zone; of the year that fits best.
    Local(NaiveDateTime),
}

/// Reads the time of a line; years that are not said are those before `near`, or just after it.
pub fn read(line: &[u8], near: DateTime<Utc>) -> Option<Said> {
    if let Some(at) = rfc3339_stamp(line) {
        return Some(Said::At(at));
    }
    if let Some(at) = after(line, b"time=\"").and_then(|rest| rfc3339_stamp(rest.split(|byte| *byte == b'"').next()?)) {
        return Some(Said::At(at));
    }
    if let Some(seconds) = after(line, b"msg=audit(") {
        let seconds = std::str::from_utf8(seconds.split(|byte| *byte == b'.').next()?).ok()?;
        return DateTime::from_timestamp(seconds.parse().ok()?, 0).map(Said::At);
    }
    local(line, near).map(Said::Local)
}

/// What follows `word` near the beginning of `line`.
fn after<'a>(line: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let opening = line.get(..64).unwrap_or(line);
    let at = opening.windows(word.len()).position(|piece| piece == word)?;
    line.get(at + word.len()..)
}

fn local(line: &[u8], near: DateTime<Utc>) -> Option<NaiveDateTime> {
    let text = |bytes: Option<&[u8]>| std::str::from_utf8(bytes?).ok().map(str::to_owned);
    let (text, form) = match line.first()? {
        b'I' | b'W' | b'E' | b'F' => (text(line.get(1..14))?, "%Y %m%d %H:%M:%S"),
        _ => (text(line.get(..15))?, "%Y %b %e %H:%M:%S"),
    };
    let with_year = |year: i32| {
        let time = NaiveDateTime::parse_from_str(&format!("{year} {text}"), form).ok()?;
        Some(time.and_utc())
    };
    nearest(near, with_year).map(|time| time.naive_utc())
}

/// How far the node's zone is ahead of UTC, from the last local time of a file and when it was written, if they differ
/// by a zone: a multiple of a quarter of an hour, and a minute for what the writer took.
pub fn zone(last: NaiveDateTime, written: DateTime<Utc>) -> Option<TimeDelta> {
    const QUARTER: i64 = 15 * 60;
    let seconds = (last.and_utc() - written).num_seconds();
    let quarters = (seconds + QUARTER / 2).div_euclid(QUARTER);
    let is_zone = (seconds - quarters * QUARTER).abs() <= 60 && (-48..=56).contains(&quarters);
    is_zone.then(|| TimeDelta::seconds(quarters * QUARTER))
}

/// Reads times as [`read`] does, in a zone that is so far ahead of UTC.
pub fn stamp(near: DateTime<Utc>, zone: TimeDelta) -> Stamp {
    Box::new(move |line| match read(line, near)? {
        Said::At(at) => Some(at),
        Said::Local(local) => local.and_utc().checked_sub_signed(zone).filter(|time| time.year() > 1970),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
    }

    fn check(line: &str, time: &str, zone_minutes: i64) {
        let stamp = stamp(at("2026-11-21T07:30:00Z"), TimeDelta::minutes(zone_minutes));
        assert_eq!(stamp(line.as_bytes()), Some(at(time)), "{line}");
    }

    #[test]
    fn every_form() {
        check("2026-11-21T09:00:00.5+02:00 node-1 kernel: x", "2026-11-21T07:00:00.5Z", 330);
        check("Nov 21 07:00:00 node-1 kernel: x", "2026-11-21T07:00:00Z", 0);
        check("Nov  1 12:30:00 node-1 kernel: x", "2026-11-01T07:00:00Z", 330);
        check("E1121 02:00:00.501922      74 kubelet.go:1] x", "2026-11-21T07:00:00Z", -300);
        check("time=\"2026-11-21T07:00:00.717300275Z\" level=info msg=x", "2026-11-21T07:00:00.717300275Z", 60);
        check("type=SYSCALL msg=audit(1795244400.243:24287): arch=c000003e", "2026-11-21T07:00:00Z", 60);
        for line in ["", "no time", "Info: nothing", "Nov 31 07:00:00 x", "msg=audit(x)", "time=\"now\""] {
            assert_eq!(read(line.as_bytes(), at("2026-11-21T07:30:00Z")), None, "{line}");
        }
    }

    #[test]
    fn a_zone_is_known_by_when_the_file_was_written() {
        let local = |text: &str| at(text).naive_utc();
        let written = at("2026-11-21T07:00:10Z");
        assert_eq!(zone(local("2026-11-21T12:30:08Z"), written), Some(TimeDelta::minutes(330)));
        assert_eq!(zone(local("2026-11-21T02:00:08Z"), written), Some(TimeDelta::hours(-5)));
        assert_eq!(zone(local("2026-11-21T07:00:10Z"), written), Some(TimeDelta::zero()));
        assert_eq!(zone(local("2026-11-21T06:53:00Z"), written), None);
        assert_eq!(zone(local("2026-11-19T07:00:10Z"), written), None);
    }

    proptest! {
        #[test]
        fn any_line_is_read(line in proptest::collection::vec(any::<u8>(), 0..80)) {
            read(&line, at("2026-11-21T07:30:00Z"));
        }
    }
}
