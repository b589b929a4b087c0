//! The versions of objects that a recorder wrote down.

use crate::archive::ArchiveError;
use crate::archive::history::LineType;
use crate::inputs::{Inputs, Kind};
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

/// When nothing was seen of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub why: String,
}

/// What every write changes, below `metadata`.
const OF_EACH_WRITE: [&str; 3] = ["managedFields", "resourceVersion", "generation"];

/// When nothing was seen of the kinds that are `wanted`, each time once, in order of time; of one namespace alone if that is
/// given.
pub fn unseen(
    inputs: &Inputs,
    wanted: impl Fn(&Named) -> bool,
    namespace: Option<&str>,
) -> Result<Vec<Unseen>, ArchiveError> {
    let mut all: Vec<Unseen> = Vec::new();
    inputs.versions(wanted, |entry, _, _, version| {
        let Kind::History { namespace: of, .. } = entry.kind else { return };
        let is_there = of.is_empty() || namespace.is_none_or(|namespace| of == namespace);
        let Some(from) = version.line.from.filter(|_| is_there && version.line.kind == LineType::Gap) else { return };
        let unseen = Unseen { from, to: version.line.at, why: version.line.why.into_owned() };
        if from < unseen.to && !all.contains(&unseen) {
            all.push(unseen);
        }
    })?;
    all.sort_by_key(|one| one.from);
    Ok(all)
}

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
