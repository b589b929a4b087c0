//! Where versions of objects are, and what the folder of a recorder holds.

use super::{decoded, encoded};
use chrono::{DateTime, NaiveDateTime, Utc};

/// The versions of all objects of one kind: `plural` with its group behind a dot where it has one.
pub fn history(namespace: Option<&str>, plural: &str) -> String {
    match namespace {
        None => format!("history/cluster/{}.jsonl", encoded(plural)),
        Some(namespace) => format!("history/namespaces/{}/{}.jsonl", encoded(namespace), encoded(plural)),
    }
}

/// The plural and namespace of a [`history`] path.
pub fn parse_history(entry: &str) -> Option<(Option<String>, String)> {
    let rest = entry.strip_prefix("history/")?.strip_suffix(".jsonl")?;
    if let Some(plural) = rest.strip_prefix("cluster/") {
        return Some((None, decoded(plural)));
    }
    let (namespace, plural) = rest.strip_prefix("namespaces/")?.split_once('/')?;
    Some((Some(decoded(namespace)), decoded(plural)))
}

/// What the name of a segment begins with.
const SEGMENT: &str = "segment-";
/// Its beginning, so that names are in order of time.
const TIME: &str = "%Y%m%dT%H%M%SZ";
const SEALED: &str = ".zip";
const OPEN: &str = ".open";

/// The name, without its ending, of the segment that begins at `begin`; `number` tells those of one second apart.
pub fn segment(begin: DateTime<Utc>, number: u32) -> String {
    let more = if number > 1 { format!("-{number}") } else { String::new() };
    format!("{SEGMENT}{}{more}", begin.format(TIME))
}

/// The file that a segment is once it is sealed.
pub fn sealed_segment(name: &str) -> String {
    format!("{name}{SEALED}")
}

/// The folder that a segment is while it is written.
pub fn open_segment(name: &str) -> String {
    format!("{name}{OPEN}")
}

/// What a file or folder of a recorder's folder is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SegmentName {
    pub begin: DateTime<Utc>,
    /// Without its ending.
    pub name: String,
    pub is_sealed: bool,
}

/// The segment that a file or folder called `file` is; none if it is something else.
pub fn parse_segment(file: &str) -> Option<SegmentName> {
    let sealed = file.strip_suffix(SEALED);
    let name = sealed.or_else(|| file.strip_suffix(OPEN))?;
    let time = name.strip_prefix(SEGMENT)?;
    let time = time.split_once('-').map_or(time, |(time, _)| time);
    let begin = NaiveDateTime::parse_from_str(time, TIME).ok()?.and_utc();
    Some(SegmentName { begin, name: name.to_owned(), is_sealed: sealed.is_some() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_history_read_back() {
        let namespaced = history(Some("shop"), "deployments.apps");
        assert_eq!(namespaced, "history/namespaces/shop/deployments.apps.jsonl");
        assert_eq!(parse_history(&namespaced), Some((Some("shop".into()), "deployments.apps".into())));
        assert_eq!(parse_history(&history(None, "nodes")), Some((None, "nodes".into())));
        assert_eq!(parse_history("objects/cluster/nodes.jsonl"), None);
        assert_eq!(super::super::parse_objects(&namespaced), None);
    }

    #[test]
    fn names_of_segments_are_in_order_of_time() {
        let at = |text: &str| DateTime::parse_from_rfc3339(text).expect("a time").to_utc();
        let (one, two) = (segment(at("2026-11-28T21:30:00Z"), 1), segment(at("2026-11-28T21:30:00Z"), 2));
        assert_eq!((one.as_str(), two.as_str()), ("segment-20261128T213000Z", "segment-20261128T213000Z-2"));
        let sealed = parse_segment(&sealed_segment(&one)).expect("a segment");
        let open = parse_segment(&open_segment(&two)).expect("a segment");
        assert!(sealed.is_sealed && !open.is_sealed && sealed < open);
        assert_eq!(sealed.begin, at("2026-11-28T21:30:00Z"));
        for other in ["segment-.zip", "segment-20261128T213000Z", "notes.txt", "segment-20261128T213000Z.zip.partial"] {
            assert_eq!(parse_segment(other), None, "{other}");
        }
    }
}
