//! The objects of one kind and namespace as they are at a line, packed: what lines that follow are compared with.

use crate::archive::history::{PackedText, difference, merged};
use serde_json::Value;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Bytes that an object takes beside its text, about.
const BESIDE: usize = 128;

#[derive(Default)]
pub struct State {
    objects: BTreeMap<Box<str>, Known>,
    bytes: usize,
    /// The number of the segment that is read.
    round: u32,
}

struct Known {
    hash: u64,
    packed: PackedText,
    /// The last segment that began with it.
    round: u32,
}

/// How a text compares with what is known of its object.
pub enum Compared {
    New,
    Same,
    /// With what differs.
    Other(Value),
}

impl State {
    /// Bytes that all of it takes, about.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Another segment begins.
    pub fn begin_segment(&mut self) {
        self.round = self.round.wrapping_add(1);
    }

    /// Compares an object that stands whole with what is known of it, and knows it so from then on. None where it is no
    /// JSON.
    pub fn compare(&mut self, uid: &str, text: &str) -> Option<Compared> {
        let (hash, round) = (hash(text), self.round);
        if let Some(known) = self.objects.get_mut(uid) {
            known.round = round;
            if known.hash == hash {
                return Some(Compared::Same);
            }
        }
        let after: Value = serde_json::from_str(text).ok()?;
        let before = self.object(uid);
        self.put(uid, text);
        Some(match before {
            None => Compared::New,
            Some(before) => difference(&before, &after).map_or(Compared::Same, Compared::Other),
        })
    }

    /// Knows an object as it stands whole.
    pub fn put(&mut self, uid: &str, text: &str) {
        self.remove(uid);
        let packed = PackedText::new(text);
        self.bytes += packed.bytes() + uid.len() + BESIDE;
        self.objects.insert(uid.into(), Known { hash: hash(text), packed, round: self.round });
    }

    /// Applies a patch. Whether there was something to apply it to: if not, nothing is known of the object any more.
    pub fn patch(&mut self, uid: &str, patch: &str) -> bool {
        let after = match (self.object(uid), serde_json::from_str::<Value>(patch)) {
            (Some(before), Ok(patch)) => merged(before, patch),
            _ => {
                self.remove(uid);
                return false;
            }
        };
        self.put(uid, &after.to_string());
        true
    }

    /// Forgets an object. Whether it was known.
    pub fn remove(&mut self, uid: &str) -> bool {
        let removed = self.objects.remove(uid);
        let bytes = removed.as_ref().map_or(0, |known| known.packed.bytes() + uid.len() + BESIDE);
        self.bytes = self.bytes.saturating_sub(bytes);
        removed.is_some()
    }

    /// Forgets the objects that the segment did not begin with. Gives their UIDs.
    pub fn take_missing(&mut self) -> Vec<Box<str>> {
        let missing = self.objects.iter().filter(|(_, known)| known.round != self.round);
        let missing: Vec<Box<str>> = missing.map(|(uid, _)| uid.clone()).collect();
        for uid in &missing {
            self.remove(uid);
        }
        missing
    }

    /// Each object with its text, in order of UID.
    pub fn each(&self) -> impl Iterator<Item = (&str, String)> {
        self.objects.iter().filter_map(|(uid, known)| Some((uid.as_ref(), known.packed.text()?)))
    }

    fn object(&self, uid: &str) -> Option<Value> {
        serde_json::from_str(&self.objects.get(uid)?.packed.text()?).ok()
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
