//! `show ARCHIVE diff OBJECT`: the versions of an object: what is known to have been changed, the templates that its
//! controller keeps, and what a recorder wrote down.

use super::super::as_of;
use super::super::asked::{Source, With};
use super::super::failure::Failure;
use super::super::kept;
use super::super::open::{self, Opening};
use super::super::terminal::{self, Colour};
use super::choose::{Form, Output};
use super::sheet::{self, Sheet};
use super::timeline::record;
use k8s_forensics::analysis::compare::{self, FieldDifference};
use k8s_forensics::inputs::Inputs;
use k8s_forensics::model::rfc3339;
use k8s_forensics::objects::kinds;
use k8s_forensics::report::kept::KeptLadder;
use k8s_forensics::report::schema::EvidenceRow;
use k8s_forensics::viewing::{self, Became, Object, ObjectVersion};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The versions of an object, with what differs between each and the one before it
#[derive(clap::Args)]
pub struct Diff {
    /// As deploy/api, or Deployment/shop/api
    #[arg(value_name = "KIND/NAME")]
    object: String,
    /// Its namespace
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// Of a recording: between this time, as 16:01 (UTC) or 10m before it ends, and --to [default: each version with the one
    /// before it]
    #[arg(long, value_name = "TIME|LENGTH")]
    from: Option<String>,
    /// Until this time [default: its end]
    #[arg(long, value_name = "TIME|LENGTH", requires = "from")]
    to: Option<String>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    with: With,
}

/// The versions of an object, as far as records tell them.
#[derive(Serialize)]
struct Versions {
    object: String,
    /// What was changed of it, in order of time.
    changes: Vec<Value>,
    /// Templates that its controller keeps, in order of revision.
    revisions: Vec<Revision>,
    /// What a recorder saw of it, in order of time.
    recorded: Vec<Recorded>,
}

/// A version that was recorded, and in what it differs from the one before it.
#[derive(Serialize)]
struct Recorded {
    /// When it was seen; of two times both.
    at: String,
    /// `was created`, `was seen first`, `was changed`, `was deleted`; between two times also `is the same` and `is recorded at
    /// neither time`.
    what: &'static str,
    /// The line of the recording, as `show ARCHIVE PATH:LINE` takes it.
    record: String,
    differs: Vec<FieldDifference>,
}

/// A version of a template, and in what it differs from the one before it.
#[derive(Serialize)]
struct Revision {
    revision: i64,
    /// The object that holds it.
    held_by: String,
    created: String,
    differs: Vec<FieldDifference>,
}

/// Kinds that hold versions of another's template: where they stand in it, and where the revision does.
const HOLDERS: [(&str, &str, &str); 2] = [
    ("replicasets.apps", "/spec/template", "/metadata/annotations/deployment.kubernetes.io~1revision"),
    ("controllerrevisions.apps", "/data/spec/template", "/revision"),
];

pub fn diff(archive: &Opening, of: &Diff) -> Result<(), Failure> {
    let tried = format!("show diff {}", of.object);
    let wanted = Wanted::read(of, &tried)?;
    open::swapped(&archive.path, std::slice::from_ref(&of.object), "show")?;
    let inputs = archive.open_inputs()?;
    let all = match &of.from {
        Some(from) => between(&inputs, &wanted, (from, of.to.as_deref()), &tried)?,
        None => {
            let kept = kept::analysis(&Source { asked: archive.asked(), with: of.with.clone() })?;
            all_versions(&inputs, &wanted, &kept.revisions, &tried)?
        }
    };
    if all.is_empty() {
        return Err(Failure::environment(tried, "no version of it is recorded but the one that was fetched").hint(
            "`show ARCHIVE changes` lists what is known to have been changed; `show ARCHIVE get` shows an object",
        ));
    }
    match of.output.output {
        Form::Table | Form::Wide => terminal::print_data(&all.iter().map(text).collect::<Vec<_>>().join("\n")),
        form => sheet::print(form, &all, || Sheet::new([])),
    }
}

/// The versions of each object that is meant, by all that tells of them.
fn all_versions(
    inputs: &Inputs,
    wanted: &Wanted,
    ladders: &[KeptLadder],
    tried: &str,
) -> Result<Vec<Versions>, Failure> {
    let known = revisions(inputs, wanted, tried)?;
    let mut all: BTreeMap<String, Versions> = known.into_iter().map(|one| (one.object.clone(), one)).collect();
    for ladder in ladders.iter().filter(|one| wanted.is(&one.subject)) {
        let changes = ladder.rungs.iter().filter_map(|rung| serde_json::to_value(rung).ok()).collect();
        all.entry(ladder.subject.clone()).or_insert_with_key(|object| Versions::of(object)).changes = changes;
    }
    for (object, recorded) in recorded(inputs, wanted, tried)? {
        all.entry(object).or_insert_with_key(|object| Versions::of(object)).recorded = recorded;
    }
    Ok(all.into_values().collect())
}

/// What a recorder saw of each object that is meant, by the object.
fn recorded(inputs: &Inputs, wanted: &Wanted, tried: &str) -> Result<BTreeMap<String, Vec<Recorded>>, Failure> {
    let mut all: BTreeMap<String, Vec<Recorded>> = BTreeMap::new();
    let mut before: Option<&ObjectVersion> = None;
    let versions = wanted.versions(inputs, tried)?;
    for one in &versions {
        let known = before.filter(|before| before.subject == one.subject).map(|before| &before.object);
        let differs = known.filter(|_| one.became == Became::Changed).map(|known| compare::values(&one.object, known));
        let what = match one.became {
            Became::SeenFirst => "was seen first",
            Became::Created => "was created",
            Became::Changed => "was changed",
            Became::Deleted => "was deleted",
        };
        let recorded = Recorded { at: rfc3339(one.at), what, record: place(one), differs: differs.unwrap_or_default() };
        all.entry(one.subject.to_string()).or_default().push(recorded);
        before = Some(one);
    }
    Ok(all)
}

/// In what each object that is meant differs between two times.
fn between(
    inputs: &Inputs,
    wanted: &Wanted,
    (from, to): (&str, Option<&str>),
    tried: &str,
) -> Result<Vec<Versions>, Failure> {
    let from = as_of::time(inputs, from, &format!("{tried} --from {from}"))?;
    let to = to.map_or(Ok(inputs.window().to), |to| as_of::time(inputs, to, &format!("{tried} --to {to}")))?;
    let versions = wanted.versions(inputs, tried)?;
    let unseen = viewing::unseen(inputs, |named| named.kind == wanted.kind, wanted.namespace.as_deref());
    let unseen = unseen.map_err(|error| Failure::environment(tried, error))?;
    for one in unseen.iter().filter(|one| [from, to].iter().any(|at| (one.from..one.to).contains(at))) {
        let said = format!("note: from {} to {} nothing was seen: {}", rfc3339(one.from), rfc3339(one.to), one.why);
        terminal::tell(&format!("{said}; what is shown of then was known before"));
    }
    let of_object = |all: &[ObjectVersion]| {
        let at = |time| all.iter().rfind(|one| one.at <= time);
        let (before, after) = (at(from), at(to));
        let state = |one: Option<&ObjectVersion>| one.map_or(Value::Null, |one| one.object.clone());
        let (old, new) = (state(before), state(after));
        let what = match (old.is_null(), new.is_null()) {
            (true, true) => "is recorded at neither time",
            // It may have been there before it was listed.
            (true, false) if before.is_none() && is_seen_first(all) => "was seen first",
            (true, false) => "was created",
            (false, true) => "was deleted",
            (false, false) if old == new => "is the same",
            (false, false) => "was changed",
        };
        let differs = if old.is_null() || new.is_null() { Vec::new() } else { compare::values(&new, &old) };
        let record = after.map(place).unwrap_or_default();
        let at = format!("{} to {}", rfc3339(from), rfc3339(to));
        let object = all.first().map(|one| one.subject.to_string()).unwrap_or_default();
        Versions { recorded: vec![Recorded { at, what, record, differs }], ..Versions::of(&object) }
    };
    Ok(versions.chunk_by(|a, b| a.subject == b.subject).map(of_object).collect())
}

fn is_seen_first(all: &[ObjectVersion]) -> bool {
    all.first().is_some_and(|one| one.became == Became::SeenFirst)
}

fn place(of: &ObjectVersion) -> String {
    format!("{}:{}", of.record.0, of.record.1)
}

impl Versions {
    fn of(object: &str) -> Self {
        Self { object: object.to_owned(), changes: Vec::new(), revisions: Vec::new(), recorded: Vec::new() }
    }
}

/// Which object is meant.
struct Wanted {
    kind: String,
    namespace: Option<String>,
    name: String,
}

impl Wanted {
    fn read(of: &Diff, tried: &str) -> Result<Self, Failure> {
        let parts: Vec<&str> = of.object.split('/').collect();
        let (kind, namespace, name) = match parts.as_slice() {
            [kind, name] => (*kind, of.namespace.clone(), *name),
            [kind, namespace, name] => (*kind, Some((*namespace).to_owned()), *name),
            _ => return Err(Failure::usage(tried, "it names no object").hint("write it as deploy/api -n shop")),
        };
        let kind = kinds::built_in(kind).map_or_else(|| kind.to_owned(), |named| named.kind);
        Ok(Self { kind, namespace, name: name.to_owned() })
    }

    /// What a recorder saw of all that it may mean.
    fn versions(&self, inputs: &Inputs, tried: &str) -> Result<Vec<ObjectVersion>, Failure> {
        let found = viewing::versions(inputs, |named| named.kind == self.kind, |subject| self.is(&subject.to_string()));
        found.map_err(|error| Failure::environment(tried, error))
    }

    /// Whether a subject as reports write it is meant.
    fn is(&self, subject: &str) -> bool {
        let mut parts = subject.split('/');
        let (kind, rest): (&str, Vec<&str>) = (parts.next().unwrap_or_default(), parts.collect());
        let (namespace, name) = match rest.as_slice() {
            [namespace, name] => (Some(*namespace), *name),
            [name] => (None, *name),
            _ => return false,
        };
        let of_namespace = self.namespace.is_none() || namespace.is_none() || self.namespace.as_deref() == namespace;
        kind == self.kind && name == self.name && of_namespace
    }
}

/// The templates of earlier and later versions, of each object that is meant.
fn revisions(inputs: &Inputs, wanted: &Wanted, tried: &str) -> Result<Vec<Versions>, Failure> {
    let mut found: Vec<Versions> = Vec::new();
    for (plural, template, number) in HOLDERS {
        let all = viewing::objects(inputs, |named| named.plural == plural);
        let (mut all, _) = all.map_err(|error| Failure::environment(tried, error))?;
        all.retain(|one| owner(one).is_some_and(|subject| wanted.is(&subject)));
        let revision = |one: &Object| match one.json.pointer(number) {
            Some(Value::String(text)) => text.parse().unwrap_or_default(),
            other => other.and_then(Value::as_i64).unwrap_or_default(),
        };
        all.sort_by_key(|one| (one.namespace.clone(), revision(one), one.time("/metadata/creationTimestamp")));
        for of_one in all.chunk_by(|a, b| a.namespace == b.namespace) {
            let versions = of_one.iter().enumerate().map(|(place, one)| {
                let before = place.checked_sub(1).and_then(|before| of_one.get(before)?.json.pointer(template));
                let now = one.json.pointer(template).unwrap_or(&Value::Null);
                let differs = before.map(|before| compare::values(now, before)).unwrap_or_default();
                Revision {
                    revision: revision(one),
                    held_by: format!("{}/{}", one.named.kind, one.name),
                    created: one.text("/metadata/creationTimestamp").to_owned(),
                    differs: differs.into_iter().filter(|field| !is_of_holder(&field.field)).collect(),
                }
            });
            let object = of_one.first().and_then(owner).unwrap_or_default();
            found.push(Versions { revisions: versions.collect(), ..Versions::of(&object) });
        }
    }
    Ok(found)
}

/// The label by which a controller tells its versions apart differs in each.
fn is_of_holder(field: &str) -> bool {
    field.ends_with("pod-template-hash") || field.ends_with("controller-revision-hash") || field == "$patch"
}

/// Whose versions an object holds.
fn owner(one: &Object) -> Option<String> {
    let owner = one.list("/metadata/ownerReferences").first()?;
    let (kind, name) = (owner.get("kind")?.as_str()?, owner.get("name")?.as_str()?);
    Some(format!("{kind}/{}/{name}", one.namespace))
}

fn text(of: &Versions) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", terminal::harmless_line(&of.object));
    for change in &of.changes {
        let part = |name: &str| change.get(name).and_then(Value::as_str).unwrap_or_default();
        let by = if part("by").is_empty() { String::new() } else { format!(" (by {})", part("by")) };
        let what =
            if part("what").is_empty() { format!("revision {}", part("revision")) } else { part("what").to_owned() };
        let line = format!("{}  {what}{by}", part("at"));
        let _ = writeln!(text, "  {}", terminal::harmless_line(&line));
        let entry =
            change.pointer("/evidence/0").and_then(|row| serde_json::from_value::<EvidenceRow>(row.clone()).ok());
        let _ = writeln!(text, "      {}", terminal::harmless_line(&record(entry.as_ref())));
    }
    for one in &of.revisions {
        let line = format!("revision {} of {}, held by {}", one.revision, one.created, one.held_by);
        let _ = writeln!(text, "  {}", terminal::harmless_line(&line));
        fields(&mut text, &one.differs);
    }
    for one in &of.recorded {
        let _ = writeln!(text, "  {}  {}", one.at, one.what);
        if !one.record.is_empty() {
            let _ = writeln!(text, "      {}", terminal::harmless_line(&one.record));
        }
        fields(&mut text, &one.differs);
    }
    text
}

fn fields(text: &mut String, differs: &[FieldDifference]) {
    for field in differs {
        let [now, before] = field.values.each_ref().map(Option::as_deref);
        let _ = writeln!(text, "      {}", terminal::harmless_line(&field.field));
        for (sign, value, colour) in [('-', before, Colour::Red), ('+', now, Colour::Cyan)] {
            let line = value.map(|value| terminal::harmless_line(&format!("{sign} {value}")));
            let _ = line.map(|line| writeln!(text, "        {}", terminal::painted(&line, Some(colour))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_meant_by_its_kind_name_and_namespace() {
        let wanted = |namespace: Option<&str>| Wanted {
            kind: "Deployment".to_owned(),
            namespace: namespace.map(str::to_owned),
            name: "api".to_owned(),
        };
        assert!(wanted(None).is("Deployment/shop/api") && wanted(Some("shop")).is("Deployment/shop/api"));
        for subject in
            ["Deployment/shop/api-2", "StatefulSet/shop/api", "Deployment/web/api", "Deployment/shop/api/x", ""]
        {
            assert!(!wanted(Some("shop")).is(subject), "{subject}");
        }
    }
}
