//! Counts of requests that change nothing: who asked how often for what in each minute, and how long the slowest took.

use crate::objects::user::Class;
use serde::Serialize;
use std::collections::BTreeMap;

/// The most lines of counts that are kept apart.
const MOST: usize = 50_000;

/// What is counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Key {
    /// When it was asked, as `2026-11-21T07:12:00Z`.
    pub minute: String,
    #[serde(serialize_with = "class")]
    pub class: Class,
    /// The name of a service account or of a part of the control plane.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    pub program: String,
    pub verb: String,
    /// The plural with its group behind a dot, and its subresource behind a slash; of what is no resource the beginning of
    /// the path.
    pub resource: String,
    pub code: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn class<S: serde::Serializer>(class: &Class, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(class.name())
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
struct Count {
    count: u64,
    max_ms: i64,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    key: &'a Key,
    #[serde(flatten)]
    count: Count,
}

#[derive(Debug, Default)]
pub struct Counts {
    counts: BTreeMap<Key, Count>,
    /// Requests that were counted without saying by which program and of what, as there were too many of those.
    pub blurred: u64,
}

impl Counts {
    /// Counts a request that took so long.
    pub fn add(&mut self, mut key: Key, took_ms: i64) {
        if self.counts.len() >= MOST && !self.counts.contains_key(&key) {
            self.blurred += 1;
            for field in [&mut key.user, &mut key.program, &mut key.resource] {
                field.clear();
            }
        }
        let count = self.counts.entry(key).or_default();
        count.count += 1;
        count.max_ms = count.max_ms.max(took_ms);
    }

    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// How many requests were counted.
    pub fn requests(&self) -> u64 {
        self.counts.values().map(|count| count.count).sum()
    }

    /// One line of JSON for each key, in order of time.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        self.counts.iter().filter_map(|(key, count)| serde_json::to_string(&Line { key, count: *count }).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(program: &str) -> Key {
        Key {
            minute: "2026-11-21T07:12:00Z".to_owned(),
            class: Class::Node,
            user: String::new(),
            program: program.to_owned(),
            verb: "get".to_owned(),
            resource: "pods".to_owned(),
            code: 200,
        }
    }

    #[test]
    fn equal_requests_are_one_line() {
        let mut counts = Counts::default();
        for took in [3, 12, 7] {
            counts.add(key("kubelet/v1.34.4"), took);
        }
        let lines: Vec<String> = counts.lines().collect();
        assert_eq!(
            lines,
            [
                r#"{"minute":"2026-11-21T07:12:00Z","class":"node","program":"kubelet/v1.34.4","verb":"get","resource":"pods","code":200,"count":3,"max_ms":12}"#
            ]
        );
    }

    #[test]
    fn however_many_programs_there_are_the_lines_are_few() {
        let mut counts = Counts::default();
        for number in 0..MOST + 500 {
            counts.add(key(&number.to_string()), 1);
        }
        assert_eq!((counts.counts.len(), counts.blurred), (MOST + 1, 500));
        assert_eq!(counts.requests(), MOST as u64 + 500);
    }
}
