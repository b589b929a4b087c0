//! Loose files with answers of other APIs, as people save them: a Prometheus', and what a cloud did to machines.
//!
//! Sources: Prometheus documentation, HTTP API; AWS CLI reference, autoscaling describe-scaling-activities and
//! cloudtrail lookup-events; Compute Engine API, the resource Operation; Azure Monitor, activity log event schema.

use super::survey::{Span, Surveyed, each_line};
use crate::archive::Archive;
use crate::inputs::kind::{CloudForm, Kind};
use crate::logline::stamp;
use chrono::{DateTime, Utc};
use regex::Regex;
use regex::bytes::Regex as BytesRegex;
use std::sync::LazyLock;

static ANSWER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"^\{[^\[]*"resultType"\s*:\s*"(?:matrix|vector)""#).ok());
static FIRST_LIST: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"^\{\s*"(Activities|Events)"\s*:\s*\[\s*\{"#).ok());

/// What a text that begins like this is.
pub fn kind(path: &str, text: &str) -> Option<Kind> {
    if ANSWER.as_ref()?.is_match(text) {
        let file = path.rsplit('/').next().unwrap_or_default();
        return Some(Kind::Answer { name: file.strip_suffix(".json").unwrap_or(file).to_owned() });
    }
    let list = FIRST_LIST.as_ref()?.captures(text).and_then(|found| Some(found.get(1)?.as_str()));
    let form = match list {
        Some("Activities") if text.contains("\"ActivityId\"") => CloudForm::ScalingActivities,
        Some("Events") if text.contains("\"CloudTrailEvent\"") || text.contains("\"EventId\"") => CloudForm::CloudTrail,
        None if text.starts_with('[') && text.contains("\"compute#operation\"") => CloudForm::ComputeOperations,
        None if text.starts_with('[') && text.contains("\"eventDataId\"") => CloudForm::ActivityLog,
        _ => return None,
    };
    Some(Kind::Cloud(form))
}

static TIMES: LazyLock<Option<BytesRegex>> = LazyLock::new(|| {
    let names = "StartTime|EndTime|EventTime|insertTime|startTime|endTime|eventTimestamp";
    BytesRegex::new(&format!(r#""(?:{names})"\s*:\s*"([^"]{{1,40}})""#)).ok()
});
/// The time of a sample, before its value.
static SAMPLE: LazyLock<Option<BytesRegex>> =
    LazyLock::new(|| BytesRegex::new(r"(?:^|\[)\s*([0-9]{9,10})(?:\.[0-9]{1,9})?\s*,").ok());

/// From when to when its records are.
pub fn surveyed(files: &Archive, entry: &str, kind: Kind) -> Surveyed {
    let is_answer = matches!(kind, Kind::Answer { .. });
    let pattern = if is_answer { &SAMPLE } else { &TIMES };
    let mut span: Option<Span> = None;
    each_line(files, entry, |line| {
        let Some(pattern) = pattern.as_ref() else { return };
        for found in pattern.captures_iter(line).filter_map(|found| found.get(1)) {
            let at = if is_answer { seconds(found.as_bytes()) } else { stamp::rfc3339(found.as_bytes()) };
            if let Some(at) = at.map(Span::at) {
                span = Some(span.map_or(at, |known| known.union(at)));
            }
        }
    });
    let note = match &kind {
        Kind::Answer { .. } => {
            "nothing in it says what was asked: series are known by their own names, else by the file's"
        }
        _ => "",
    };
    Surveyed { kind, span, note: note.to_owned(), happened: None }
}

fn seconds(text: &[u8]) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(std::str::from_utf8(text).ok()?.parse().ok()?, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_known_by_their_first_fields() {
        let cloud = |form| Some(Kind::Cloud(form));
        let answer = Some(Kind::Answer { name: "memory".to_owned() });
        let cases = [
            (r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#, answer.clone()),
            ("{\n  \"status\": \"success\",\n  \"data\": {\n    \"resultType\": \"vector\",", answer),
            (
                "{\n    \"Activities\": [\n        {\n            \"ActivityId\": \"f9f2d65b\",",
                cloud(CloudForm::ScalingActivities),
            ),
            ("{\n    \"Events\": [\n        {\n            \"EventId\": \"654ccbc0\",", cloud(CloudForm::CloudTrail)),
            (
                "[\n  {\n    \"endTime\": \"2026-11-21T07:00:00\",\n    \"kind\": \"compute#operation\",",
                cloud(CloudForm::ComputeOperations),
            ),
            ("[\n  {\n    \"caller\": \"x\",\n    \"eventDataId\": \"1\",", cloud(CloudForm::ActivityLog)),
            (r#"{"status":"error","errorType":"bad_data"}"#, None),
            (r#"{"Events":[]}"#, None),
            (r#"[{"kind":"Pod"}]"#, None),
        ];
        for (text, expected) in cases {
            assert_eq!(kind("x/memory.json", text), expected, "{text}");
        }
    }
}
