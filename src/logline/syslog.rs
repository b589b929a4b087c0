//! A line of a node's journal or of a file of its syslog, by its parts: when, where, who, what.
//!
//! ```text
//! Nov 21 06:58:33.518248 node-1 kubelet[74]: …          journalctl -o short, short-precise; syslog (RFC 3164)
//! 2026-11-21T07:58:33.518248+01:00 node-1 kubelet: …    journalctl -o short-iso; rsyslog since Debian 12
//! Sat 2026-11-21 06:58:33 UTC node-1 kubelet[74]: …     journalctl -o short-full, in UTC only: other zones are names
//! 1795244313.518248 node-1 kubelet[74]: …               journalctl -o short-unix
//! ```
//!
//! The forms are those of systemd, src/shared/logs-show.c, and of rsyslog, tools/syslogd.c.

use super::stamp::{Stamp, Yearless};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

/// A line by its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    pub at: Stamp,
    pub host: &'a str,
    /// Without its process number.
    pub program: &'a str,
    /// What the program wrote. Of the kernel, without the seconds since the start that some files have before it.
    pub message: &'a str,
}

/// The parts of a line; none of one that continues the one before.
pub fn split(line: &str) -> Option<Line<'_>> {
    let (at, rest) = header(line)?;
    let (host, rest) = rest.trim_start_matches(' ').split_once(' ')?;
    let (program, message) = rest.split_once(": ").or_else(|| rest.split_once(':'))?;
    let program = program.split('[').next().unwrap_or_default();
    if host.is_empty() || program.is_empty() || program.contains(' ') {
        return None;
    }
    let message = if program == "kernel" { since_start(message).unwrap_or(message) } else { message };
    Some(Line { at, host, program, message })
}

/// The time that a line begins with, in any of the forms, and what follows it.
fn header(line: &str) -> Option<(Stamp, &str)> {
    if let Some((at, rest)) = Yearless::of_syslog(line.as_bytes()) {
        return Some((Stamp::Yearless(at), line.get(line.len() - rest.len()..)?));
    }
    let (first, rest) = line.split_once(' ')?;
    let at = iso(first).or_else(|| unix(first));
    if let Some(at) = at {
        return Some((Stamp::At(at), rest));
    }
    full(rest).map(|(at, rest)| (Stamp::At(at), rest))
}

/// `2026-11-21T07:58:33+01:00`, also without the colon, as journalctl printed before systemd 246.
fn iso(text: &str) -> Option<DateTime<Utc>> {
    let is_date = text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(10) == Some(&b'T');
    let read =
        || DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    is_date.then(read)?.ok().map(|time| time.to_utc())
}

/// `1795244313.518248`
fn unix(text: &str) -> Option<DateTime<Utc>> {
    let (seconds, micros) =
        text.split_once('.').filter(|(seconds, micros)| seconds.len() == 10 && micros.len() == 6)?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let micros: i64 = micros.parse().ok().filter(|_| is_number(seconds) && is_number(micros))?;
    DateTime::from_timestamp_micros(seconds.parse::<i64>().ok()?.checked_mul(1_000_000)?.checked_add(micros)?)
}

/// `2026-11-21 06:58:33 UTC`, behind the day of the week.
fn full(text: &str) -> Option<(DateTime<Utc>, &str)> {
    let (time, rest) = text.split_once(" UTC ").filter(|(time, _)| (19..=26).contains(&time.len()))?;
    NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M:%S%.f").ok().map(|time| (time.and_utc(), rest))
}

/// What follows `[ 4071.489871] `: the kernel's seconds since it started (printk.time).
pub fn since_start(message: &str) -> Option<&str> {
    uptime(message).map(|(_, rest)| rest)
}

/// The kernel's time since it started, `[ 4071.489871] `, and what follows it.
pub fn uptime(message: &str) -> Option<(TimeDelta, &str)> {
    let (seconds, rest) = message.strip_prefix('[')?.split_once("] ")?;
    let (whole, fraction) = seconds.trim_start().split_once('.')?;
    let is_number = |text: &str| !text.is_empty() && text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    Some((TimeDelta::try_seconds(whole.parse().ok()?)?.checked_add(&TimeDelta::microseconds(micros))?, rest))
}

/// When a line of the kernel was written, and the kernel's own time in it.
pub fn of_kernel(line: &str) -> Option<(Stamp, TimeDelta)> {
    let (at, rest) = header(line)?;
    let (_, rest) = rest.trim_start_matches(' ').split_once(' ')?;
    Some((at, uptime(rest.strip_prefix("kernel: ")?)?.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(line: &str) -> Option<String> {
        let reference = "2026-11-21T07:30:00Z".parse().expect("a time");
        Some(split(line)?.at.until(reference, TimeDelta::zero())?.to_rfc3339())
    }

    #[test]
    fn every_form_of_journalctl_and_syslog() {
        let lines = [
            ("Nov 21 06:58:33.518248 node-1 kubelet[74]: x", "2026-11-21T06:58:33.518248+00:00"),
            ("nov. 21 06:58:33 node-1 kubelet[74]: x", "2026-11-21T06:58:33+00:00"),
            ("Nov  1 06:58:33 node-1 kubelet: x", "2026-11-01T06:58:33+00:00"),
            ("2026-11-21T07:58:33.518248+01:00 node-1 kubelet: x", "2026-11-21T06:58:33.518248+00:00"),
            ("2026-11-21T07:58:33+0100 node-1 kubelet[74]: x", "2026-11-21T06:58:33+00:00"),
            ("2026-11-21T06:58:33.5Z node-1 kubelet[74]: x", "2026-11-21T06:58:33.500+00:00"),
            ("Sat 2026-11-21 06:58:33 UTC node-1 kubelet[74]: x", "2026-11-21T06:58:33+00:00"),
            ("1795244313.518248 node-1 kubelet[74]: x", "2026-11-21T06:58:33.518248+00:00"),
        ];
        for (line, expected) in lines {
            let read = split(line).expect(line);
            assert_eq!((read.host, read.program, read.message), ("node-1", "kubelet", "x"), "{line}");
            assert_eq!(at(line).as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn the_kernels_own_clock_is_no_part_of_what_it_says() {
        let lines = [
            "Nov 20 09:12:01 deb-1 kernel: [4071.489871] Out of memory: Killed process 3321",
            "2026-11-20T09:12:01.1+00:00 deb-1 kernel: [    7.489871] Out of memory: Killed process 3321",
            "Nov 20 09:12:01 deb-1 kernel: Out of memory: Killed process 3321",
        ];
        for line in lines {
            assert_eq!(split(line).map(|line| line.message), Some("Out of memory: Killed process 3321"), "{line}");
        }
        assert_eq!(split("Nov 20 09:12:01 n app: [7.1] a").map(|line| line.message), Some("[7.1] a"));
    }

    #[test]
    fn a_zone_of_the_node_is_taken_off() {
        let read = split("Nov 21 08:30:00 n kernel: x").expect("a line");
        let reference = "2026-11-21T07:30:00Z".parse().expect("a time");
        let at = read.at.until(reference, TimeDelta::hours(1)).map(|at| at.to_rfc3339());
        assert_eq!(at.as_deref(), Some("2026-11-21T07:30:00+00:00"));
    }

    #[test]
    fn what_is_no_entry_has_no_parts() {
        for line in [
            "-- Boot 0123456789abcdef0123456789abcdef --",
            "    goes on",
            "",
            "Nov 21 06:58:33.518248 n",
            "Sat 2026-11-21 06:58:33 CET node-1 kubelet[74]: x",
            "2026-11-21T06:58:33Z stdout F a: b",
            "179524431.518248 n k: x",
            "note to self: x",
        ] {
            assert_eq!(split(line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(line in "(Nov 21 06:58:33|2026-11-21T06:58:33Z|1795244313.518248)?\\PC{0,40}") {
            split(&line);
        }
    }
}
