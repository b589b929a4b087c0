//! The time of a line of a node's plain log files, whatever wrote it.
//!
//! ```text
//! 2026-11-21T07:00:00.123456+00:00 node-1 kernel: …   RFC 3339, as rsyslog writes since Debian 12
//! Nov 21 07:00:00 node-1 kernel: …                    RFC 3164: no year, the node's zone
//! I1121 07:00:00.123456     812 server.go:1] …        klog: no year, the zone of whoever logs
//! time="2026-11-21T07:00:00Z" level=info …            containerd and Docker
//! type=SYSCALL msg=audit(1795244400.123:42): …        auditd: seconds since 1970
//! [Sat Nov 21 07:00:00 2026] …                        dmesg -T: the node's zone
//! 2026-11-21T07:00:00,123456+00:00 …                  dmesg --time-format iso
//! 2026/11/21 07:00:00 [error] …                       what programs write themselves, see `dated`
//! ```

use super::stamp::{Stamp, Yearless, leading_rfc3339, rfc3339};
use super::{dated, klog, syslog};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

/// Where in a line a time is looked for that does not begin it, in bytes.
const OPENING: usize = 64;

/// What a line says of its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// When it was.
    At(DateTime<Utc>),
    /// What the clock of the node showed, in its zone; the year as of [`Yearless::until`].
    Local(NaiveDateTime),
}

/// The time of a line as one of UTC, for a clock that is `ahead` of it where the line says no zone.
pub fn utc(line: &[u8], reference: DateTime<Utc>, ahead: TimeDelta) -> Option<DateTime<Utc>> {
    match time(line, reference.checked_add_signed(ahead)?)? {
        Said::At(at) => Some(at),
        Said::Local(local) => local.and_utc().checked_sub_signed(ahead),
    }
}

/// Reads the time of a line. Years that are not said are those before `reference`.
pub fn time(line: &[u8], reference: DateTime<Utc>) -> Option<Said> {
    if let Some(at) = leading_rfc3339(line).or_else(|| Some(iso_dmesg(line)?.0)) {
        return Some(Said::At(at));
    }
    if let Some(at) = after(line, b"time=\"").and_then(|rest| rfc3339(rest.split(|byte| *byte == b'"').next()?)) {
        return Some(Said::At(at));
    }
    if let Some(seconds) = after(line, b"msg=audit(") {
        let seconds = std::str::from_utf8(seconds.split(|byte| *byte == b'.').next()?).ok()?;
        return DateTime::from_timestamp(seconds.parse().ok()?, 0).map(Said::At);
    }
    if let Some((local, _)) = dmesg(line) {
        return Some(Said::Local(local));
    }
    match dated::time(line) {
        Some(Stamp::At(at)) => return Some(Said::At(at)),
        Some(Stamp::Local(local)) => return Some(Said::Local(local)),
        Some(Stamp::Yearless(_)) | None => {}
    }
    let local = klog::time(line).or_else(|| Yearless::of_syslog(line).map(|(time, _)| time))?;
    local.until(reference).map(|time| Said::Local(time.naive_utc()))
}

/// A line without the time of `dmesg -T` before it, or the kernel's seconds since it started.
pub fn message(line: &str) -> &str {
    let bytes = line.as_bytes();
    let rest = dmesg(bytes).map(|(_, rest)| rest).or_else(|| iso_dmesg(bytes).map(|(_, rest)| rest));
    let of_dmesg = rest.and_then(|rest| std::str::from_utf8(rest).ok());
    of_dmesg.or_else(|| syslog::since_start(line)).unwrap_or(line)
}

/// The time of a line of `dmesg -T` (util-linux, sys-utils/dmesg.c), and what follows it.
fn dmesg(line: &[u8]) -> Option<(NaiveDateTime, &[u8])> {
    let (time, rest) = line.strip_prefix(b"[")?.split_at_checked(24)?;
    let time = NaiveDateTime::parse_from_str(std::str::from_utf8(time).ok()?, "%a %b %e %H:%M:%S %Y").ok()?;
    Some((time, rest.strip_prefix(b"] ")?))
}

/// The time of a line of `dmesg --time-format iso`, whose fraction follows a comma (util-linux, lib/timeutils.c), and
/// what follows it.
fn iso_dmesg(line: &[u8]) -> Option<(DateTime<Utc>, &[u8])> {
    let (time, rest) = line.split_at_checked(line.iter().take(OPENING).position(|byte| *byte == b' ')?)?;
    let comma = time.iter().position(|byte| *byte == b',').filter(|at| *at == 19)?;
    let mut time = time.to_vec();
    *time.get_mut(comma)? = b'.';
    Some((rfc3339(&time)?, rest.strip_prefix(b" ")?))
}

/// What follows `word` near the beginning of `line`.
fn after<'a>(line: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let at = memchr::memmem::find(line.get(..OPENING).unwrap_or(line), word)?;
    line.get(at + word.len()..)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        rfc3339(text.as_bytes()).expect("a time")
    }

    fn said(line: &str) -> Option<Said> {
        time(line.as_bytes(), at("2026-11-21T07:30:00Z"))
    }

    #[test]
    fn every_form() {
        let exact = [
            ("2026-11-21T09:00:00.5+02:00 node-1 kernel: x", "2026-11-21T07:00:00.5Z"),
            ("time=\"2026-11-21T07:00:00.717300275Z\" level=info msg=x", "2026-11-21T07:00:00.717300275Z"),
            ("type=SYSCALL msg=audit(1795244400.243:24287): arch=c000003e", "2026-11-21T07:00:00Z"),
            ("10.0.0.9 - - [21/Nov/2026:08:00:00 +0100] \"GET / HTTP/1.1\" 200 1", "2026-11-21T07:00:00Z"),
            ("2026-11-21T08:00:00,123456+01:00 Out of memory", "2026-11-21T07:00:00.123456Z"),
        ];
        for (line, time) in exact {
            assert_eq!(said(line), Some(Said::At(at(time))), "{line}");
        }
        let local = [
            ("Nov 21 07:00:00 node-1 kernel: x", "2026-11-21T07:00:00Z"),
            ("[Sat Nov 21 07:00:00 2026] Out of memory", "2026-11-21T07:00:00Z"),
            ("nov.  1 12:30:00 node-1 kernel: x", "2026-11-01T12:30:00Z"),
            ("Nov  1 12:30:00 node-1 kernel: x", "2026-11-01T12:30:00Z"),
            ("E1121 02:00:00.501922      74 kubelet.go:1] x", "2026-11-21T02:00:00.501922Z"),
            ("2026-11-21 07:00:00.123456 W | etcdserver: x", "2026-11-21T07:00:00.123456Z"),
            ("2026/11/21 07:00:00 [error] 12#12: *3 x", "2026-11-21T07:00:00Z"),
        ];
        for (line, time) in local {
            assert_eq!(said(line), Some(Said::Local(at(time).naive_utc())), "{line}");
        }
        for line in [
            "",
            "no time",
            "Info: nothing",
            "Nov 31 07:00:00 x",
            "msg=audit(x)",
            "time=\"now\"",
            "[Sat Nov 21]",
            "[ 4071.489871] x",
        ] {
            assert_eq!(said(line), None, "{line}");
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
            time(&line, at("2026-11-21T07:30:00Z"));
        }
    }
}
