//! A line of a journal with its whole time, as `journalctl -o short-iso-precise --utc` prints it:
//! `2026-11-21T06:58:33.518248+00:00 node-1 kubelet[74]: MESSAGE`

use chrono::{DateTime, Utc};

/// One entry in one line: a line break in the message is a blank.
pub fn line(at: DateTime<Utc>, host: &str, program: &str, message: &[u8]) -> String {
    let message = String::from_utf8_lossy(message);
    let message = message.trim_end().replace(['\n', '\r'], " ");
    format!("{} {host} {program}: {message}\n", at.format("%Y-%m-%dT%H:%M:%S%.6f+00:00"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logline::stamp::Stamp;
    use crate::logline::syslog;

    #[test]
    fn lines_are_read_as_they_are_written() {
        let at = DateTime::from_timestamp_micros(1_795_244_313_518_248).expect("a time");
        let text = line(at, "node-1", "kubelet[74]", b"a\nb\n");
        assert_eq!(text, "2026-11-21T06:58:33.518248+00:00 node-1 kubelet[74]: a b\n");
        let read = syslog::split(text.trim_end()).expect("a line");
        assert_eq!((read.at, read.host, read.program, read.message), (Stamp::At(at), "node-1", "kubelet", "a b"));
        assert!(syslog::split(line(at, "n", "kernel", b"").trim_end_matches('\n')).is_some());
    }
}
