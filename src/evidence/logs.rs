//! Container logs with the kubelet's timestamps: `2026-11-21T06:58:33.518248123Z MESSAGE`.

use super::findings::{Findings, Place};
use super::object::parse_time;
use super::{Fact, Record};
use crate::archive::layout::Container;
use crate::model::{Citation, Moment, Subject};
use regex::bytes::Regex;

/// Reads one line of a container's log; only lines of interest become facts.
pub fn read(place: Place<'_>, of: &Container, interest: &Regex, line: &[u8], found: &mut Findings) {
    if !interest.is_match(line) {
        return;
    }
    let text = String::from_utf8_lossy(line);
    let stamped = text.split_once(' ').and_then(|(stamp, message)| Some((parse_time(stamp)?, message)));
    let Some((at, message)) = stamped else {
        return found.unreadable(place.entry, place.line, "a line of interest without a readable time");
    };
    let at = Moment::exact(at);
    found.facts.push(Fact {
        at,
        last: at,
        count: 1,
        subject: Subject::pod(&of.namespace, &of.pod),
        node: None,
        record: Record::Log { container: of.name.clone(), message: message.to_owned() },
        citation: Citation::new(place.entry, place.line, &text),
    });
}
