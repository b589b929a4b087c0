//! The versions of objects that a recorder wrote down.

use crate::archive::ArchiveError;
use crate::archive::history::LineType;
use crate::inputs::Inputs;
use crate::model::Subject;
use crate::objects::kinds::Named;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::BTreeMap;

/// A version of an object.
#[derive(Clone, Debug)]
pub struct ObjectVersion {
    pub subject: Subject,
    pub became: Became,
    /// When it was seen.
    pub at: DateTime<Utc>,
    /// The entry and the line that tell it.
    pub record: (String, u64),
    /// Without what changes with every write; null once it is gone.
    pub object: Value,
}

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    SeenFirst,
    Created,
    Changed,
    Deleted,
}

/// What every write changes, below `metadata`.
const OF_EACH_WRITE: [&str; 3] = ["managedFields", "resourceVersion", "generation"];

/// The versions of the objects that are `wanted`, of kinds that are, in order of object and time. One that differs in
/// nothing else than that it was written is left out.
pub fn versions(
    inputs: &Inputs,
    kind: impl Fn(&Named) -> bool,
    wanted: impl Fn(&Subject) -> bool,
) -> Result<Vec<ObjectVersion>, ArchiveError> {
    let mut last: BTreeMap<Subject, ObjectVersion> = BTreeMap::new();
    let mut all = Vec::new();
    inputs.versions(kind, |entry, number, named, version| {
        let subject = version.object.as_deref().and_then(|object| subject(named, object));
        let (Some(subject), Some(object)) = (subject.filter(&wanted), version.object) else { return };
        let known = last.get(&subject);
        let is_gone = version.line.kind == LineType::Deleted;
        let object = if is_gone { Value::Null } else { without_writes(object.into_owned()) };
        let became = match (version.line.kind, known) {
            (LineType::Deleted, _) => Became::Deleted,
            (_, Some(known)) if known.object == object => return,
            (_, Some(known)) if known.became != Became::Deleted => Became::Changed,
            (LineType::Added, _) => Became::Created,
            _ => Became::SeenFirst,
        };
        let record = (inputs.shown(entry.id).to_owned(), number);
        let version = ObjectVersion { subject: subject.clone(), became, at: version.line.at, record, object };
        last.insert(subject, version.clone());
        all.push(version);
    })?;
    all.sort_by(|a, b| (&a.subject, a.at).cmp(&(&b.subject, b.at)));
    Ok(all)
}

fn subject(named: &Named, object: &Value) -> Option<Subject> {
    let text = |name: &str| object.get("metadata")?.get(name)?.as_str();
    Some(Subject::of_object(&named.kind, text("namespace").unwrap_or_default(), text("name")?))
}

fn without_writes(mut object: Value) -> Value {
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        OF_EACH_WRITE.iter().for_each(|name| drop(metadata.remove(*name)));
    }
    object
}
