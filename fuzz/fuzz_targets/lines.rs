//! Reads any bytes as lines of logs, in every form that is known. Whatever they are, nothing panics, parts are parts
//! of their line, and what a line says stays one line.

#![no_main]

use chrono::{DateTime, TimeDelta, Utc};
use k8s_forensics::logline::{access, boot, container, fields, klog, message, plain, severity, stamp, syslog};
use libfuzzer_sys::fuzz_target;

/// Of borrowed text: it stands in the line.
fn is_part(part: &str, line: &str) -> bool {
    line.contains(part)
}

fn text(line: &str, reference: DateTime<Utc>) {
    if let Some(read) = syslog::split(line) {
        assert!(is_part(read.host, line) && is_part(read.program, line) && is_part(read.message, line));
        assert!(!read.program.is_empty() && !read.host.is_empty());
        read.at.until(reference, TimeDelta::hours(5));
    }
    assert!(is_part(klog::message(line), line) && is_part(plain::message(line), line));
    let mut starts = boot::Starts::default();
    starts.line(line, reference, TimeDelta::hours(5));
    starts.last().and_then(|boot| boot.time(TimeDelta::MAX));
    let _ = fields::json(line, |_| true);
    assert!(fields::pair(line).is_none_or(|(pair, rest)| is_part(pair.value, line) && line.ends_with(rest)));
    let said = message::of(line);
    assert!(matches!(said, std::borrow::Cow::Borrowed(_)) || !said.contains('\n'));
    assert!(access::ending(line).is_none_or(|ending| line.starts_with(ending.before)));
    let _ = (severity::of_program(line), severity::of_kernel(line));
}

fuzz_target!(|bytes: &[u8]| {
    let reference = DateTime::from_timestamp(1_795_300_000, 0).expect("a time");
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Some(piece) = container::piece(line) {
            assert!(stamp::rfc3339(piece.time.as_bytes()).is_some());
            text(&String::from_utf8_lossy(&piece.text), reference);
        }
        let _ = (plain::time(line, reference), klog::level(line), stamp::leading_rfc3339(line));
        text(&String::from_utf8_lossy(line), reference);
    }
});
