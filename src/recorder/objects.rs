//! The last version of every object, packed: what the next version is compared with, and what a segment begins with.
//!
//! A pod takes about a third of its text here, and somewhat more than a hundred bytes beside it.

use crate::archive::Archive;
use crate::archive::history::{History, PackedText};
use serde_json::Value;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The objects of one scope.
#[derive(Debug, Default)]
pub struct Objects {
    kept: HashMap<Box<str>, Kept>,
    /// The number of the list that came last, or is coming.
    round: u32,
}

#[derive(Debug)]
struct Kept {
    /// Tells its `resourceVersion` from others.
    revision: u64,
    /// The last list that it was in.
    round: u32,
    /// Empty where no text is kept.
    packed: PackedText,
}

impl Objects {
    /// Takes the objects that an entry of an archive ends with. Whether there was any.
    pub fn restore(&mut self, archive: &Archive, entry: &str) -> bool {
        let mut history = History::default();
        // What is cut or damaged there is not known, and so it is listed as new.
        let _ = archive.lines(entry, |_, line| {
            let _ = history.take(line);
            true
        });
        for (uid, object) in history.objects() {
            let revision = object.pointer("/metadata/resourceVersion").and_then(Value::as_str);
            self.keep(uid, revision.unwrap_or_default(), Some(&object.to_string()));
        }
        !self.kept.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether it is known.
    pub fn has(&self, uid: &str) -> bool {
        self.kept.contains_key(uid)
    }

    /// A list begins.
    pub fn begin_list(&mut self) {
        self.round = self.round.wrapping_add(1);
    }

    /// Notes that the object is there. Whether it is known in this very version.
    pub fn is_known(&mut self, uid: &str, revision: &str) -> bool {
        let round = self.round;
        self.kept.get_mut(uid).is_some_and(|kept| {
            kept.round = round;
            kept.revision == number(revision)
        })
    }

    /// The UIDs of those that were not in the list that came.
    pub fn missing(&self) -> Vec<Box<str>> {
        self.kept.iter().filter(|(_, kept)| kept.round != self.round).map(|(uid, _)| uid.clone()).collect()
    }

    /// Keeps a version, or only that there is one where `text` is none.
    pub fn keep(&mut self, uid: &str, revision: &str, text: Option<&str>) {
        let packed = text.map(PackedText::new).unwrap_or_default();
        self.kept.insert(uid.into(), Kept { revision: number(revision), round: self.round, packed });
    }

    /// The text of the last version.
    pub fn last(&self, uid: &str) -> Option<String> {
        self.kept.get(uid).and_then(|kept| kept.packed.text())
    }

    /// Forgets an object. Gives the text of its last version.
    pub fn remove(&mut self, uid: &str) -> Option<String> {
        self.kept.remove(uid)?.packed.text()
    }

    /// Every object whose text is kept.
    pub fn each(&self) -> impl Iterator<Item = (&str, String)> {
        self.kept.iter().filter_map(|(uid, kept)| Some((uid.as_ref(), kept.packed.text()?)))
    }
}

fn number(revision: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    revision.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_come_and_go_with_lists() {
        let mut objects = Objects::default();
        objects.begin_list();
        assert!(!objects.is_known("u", "1"));
        objects.keep("u", "1", Some(r#"{"a":1}"#));
        objects.keep("event", "2", None);
        assert!(objects.is_known("u", "1") && !objects.is_known("u", "2"));
        assert_eq!(objects.each().collect::<Vec<_>>(), [("u", r#"{"a":1}"#.to_owned())]);
        objects.begin_list();
        assert!(objects.is_known("event", "2"));
        assert_eq!(objects.missing(), ["u".into()]);
        assert_eq!((objects.remove("u").as_deref(), objects.remove("u")), (Some(r#"{"a":1}"#), None));
        assert_eq!(objects.kept.len(), 1);
    }
}
