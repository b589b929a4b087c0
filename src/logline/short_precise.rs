//! The form of the journals in an archive: `journalctl -o short-precise --utc`, microseconds and no year.
//!
//! `Nov 21 06:58:33.518248 node-1 kubelet[74]: MESSAGE`

use super::stamp::Yearless;
use chrono::{DateTime, Utc};

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
    use crate::logline::syslog;
    use chrono::TimeDelta;

    #[test]
    fn lines_have_the_form_of_journalctl_and_are_read_as_written() {
        let at = DateTime::from_timestamp_micros(1_795_244_313_518_248).expect("a time");
        let text = line(at, "node-1", "kubelet[74]", b"a\nb\n");
        assert_eq!(text, "Nov 21 06:58:33.518248 node-1 kubelet[74]: a\n    b\n");
        assert_eq!(time(text.as_bytes(), at), Some(at));
        let read = syslog::split(&text).expect("a line");
        assert_eq!((read.host, read.program, read.message), ("node-1", "kubelet", "a\n    b\n"));
        assert_eq!(read.at.until(at, TimeDelta::zero()), Some(at));
    }
}
