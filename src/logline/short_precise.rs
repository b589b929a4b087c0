//! The form of the journals in an archive: `journalctl -o short-precise --utc`, microseconds and no year.
//!
//! `Nov 21 06:58:33.518248 node-1 kubelet[74]: MESSAGE`

use super::stamp::Yearless;
use chrono::{DateTime, Utc};

/// A line by its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    pub at: Yearless,
    pub host: &'a str,
    /// With its process number in brackets, if it has one.
    pub program: &'a str,
    pub message: &'a str,
}

/// The parts of a line.
pub fn split(line: &str) -> Option<Line<'_>> {
    let (at, rest) = Yearless::of_syslog(line.as_bytes())?;
    let rest = line.get(line.len() - rest.len()..)?.trim_start();
    let (host, rest) = rest.split_once(' ')?;
    let (program, message) = rest.split_once(": ").or_else(|| rest.split_once(':'))?;
    Some(Line { at, host, program, message })
}

/// When a line was written; the year as of [`Yearless::until`].
pub fn time(line: &[u8], reference: DateTime<Utc>) -> Option<DateTime<Utc>> {
    Yearless::of_syslog(line)?.0.until(reference)
}

/// A time as journalctl prints it.
pub fn written(time: DateTime<Utc>) -> String {
    time.format("%b %d %H:%M:%S%.6f").to_string()
}

/// One entry; a message of several lines is indented as journalctl does, so that no part of it looks like an entry.
pub fn line(at: DateTime<Utc>, host: &str, program: &str, message: &[u8]) -> String {
    let message = String::from_utf8_lossy(message);
    format!("{} {host} {program}: {}\n", written(at), message.trim_end().replace('\n', "\n    "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_have_the_form_of_journalctl_and_are_read_as_written() {
        let at = DateTime::from_timestamp_micros(1_795_244_313_518_248).expect("a time");
        let text = line(at, "node-1", "kubelet[74]", b"a\nb\n");
        assert_eq!(text, "Nov 21 06:58:33.518248 node-1 kubelet[74]: a\n    b\n");
        assert_eq!(time(text.as_bytes(), at), Some(at));
        let read = split(&text).expect("a line");
        assert_eq!((read.host, read.program, read.message), ("node-1", "kubelet[74]", "a\n    b\n"));
        assert_eq!(read.at.until(at), Some(at));
    }

    #[test]
    fn what_is_no_entry_has_no_parts() {
        for line in ["-- Boot 0123456789abcdef0123456789abcdef --", "    goes on", "", "Nov 21 06:58:33.518248 n"] {
            assert_eq!(split(line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(line in "(Nov 21 06:58:33)?\\PC{0,40}") {
            split(&line);
        }
    }
}
